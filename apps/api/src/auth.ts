import { AtelierError, type Scope } from '@atelier/contracts'
import type { Database, OwnerRepositories } from '@atelier/database'
import type { FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import type { ApiContext } from './api-context.js'
import { toAtelierError } from './errors.js'

/** The token of `Authorization: Bearer …`. */
export function bearerToken({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
}

/** The password of `Authorization: Basic …`; the user's name does not matter. */
export function basicToken({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  const encoded = /^Basic +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  return encoded && /^[^:]*:(.+)$/s.exec(Buffer.from(encoded, 'base64').toString())?.[1]
}

/** The token of `?token=`, for those who cannot send a header: `EventSource` in browsers. */
function queryToken({ query }: Pick<FastifyRequest, 'query'>): string | undefined {
  const { token } = query as { token?: unknown }
  return typeof token === 'string' ? token : undefined
}

/** Who sends a request. */
export interface Identity {
  keyId: string
  ownerId: string
  scopes: Scope[]
  token: string
}

const maxTokenLength = 200

/** @throws AtelierError `unauthorized` when the token is missing, unknown or revoked */
export async function authenticate(
  database: Pick<Database, 'authenticate'>,
  token: string | undefined,
): Promise<Identity> {
  const plausible =
    token !== undefined && token.startsWith('atl_') && token.length <= maxTokenLength && /^\w+$/.test(token)
  const found = plausible ? await database.authenticate(token) : null
  if (!found) throw new AtelierError('unauthorized')
  return { ...found, token: token! }
}

/** `admin` includes `user`. @throws AtelierError `forbidden` */
export function requireScope({ scopes }: Pick<Identity, 'scopes'>, scope: Scope): void {
  if (scopes.includes(scope) || scopes.includes('admin')) return
  throw new AtelierError('forbidden', `This route needs a key with the scope \`${scope}\`.`)
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the auth gate; every route below it has one. */
    identity: Identity
    /** Everything of the key's owner, and nothing else. */
    owner: OwnerRepositories
  }
  interface FastifyContextConfig {
    /** Scope that the route needs; default `user`. */
    scope?: Scope
    /** The token may also come as `?token=`. */
    tokenInQuery?: boolean
  }
}

/** The one gate: every route registered beside this plugin needs a key with the route's scope. */
export const authGate = (context: Pick<ApiContext, 'database'>) =>
  fastifyPlugin(
    async (app) => {
      app.decorateRequest('identity', null as unknown as Identity)
      app.decorateRequest('owner', null as unknown as OwnerRepositories)
      app.addHook('onRequest', async (request) => {
        const { scope = 'user', tokenInQuery = false } = request.routeOptions.config
        const token = bearerToken(request) ?? (tokenInQuery ? queryToken(request) : undefined)
        const identity = await authenticate(context.database, token)
        requireScope(identity, scope)
        request.identity = identity
        request.owner = context.database.forOwner(identity.ownerId)
      })
    },
    { name: 'auth-gate' },
  )

const recheckMs = 60_000

/**
 * Checks a key again every minute, for connections that outlive a request.
 *
 * @param onRevoked - called when the key no longer holds; a database that does not answer ends nothing
 * @returns the function that stops the checks
 */
export function recheckKey(
  database: Pick<Database, 'authenticate'>,
  { token }: Identity,
  onRevoked: () => void,
): () => void {
  const recheck = setInterval(() => {
    authenticate(database, token).catch((error: unknown) => {
      if (toAtelierError(error).code === 'unauthorized') onRevoked()
    })
  }, recheckMs)
  recheck.unref()
  return () => clearInterval(recheck)
}
