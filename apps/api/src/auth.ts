import { AtelierError, type Scope } from '@atelier/contracts'
import type { OwnerRepositories } from '@atelier/database'
import { addToTrail } from '@atelier/service'
import type { FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import type { IncomingHttpHeaders } from 'node:http'
import type { ApiContext } from './api-context.js'
import type { Identity } from './authenticator.js'
import { browserToken, checkOwnPage } from './browser-cookie.js'

/** The token of `Authorization: Bearer …`. */
function bearerToken({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization)?.[1]
}

/** The password of `Authorization: Basic …`; the user's name does not matter. */
function basicToken({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  const encoded = /^Basic +(\S+)$/i.exec(authorization)?.[1]
  return encoded && /^[^:]*:(.+)$/s.exec(Buffer.from(encoded, 'base64').toString())?.[1]
}

/** The token of `?token=`, for those who cannot send a header: `EventSource` in browsers. */
function queryToken({ query }: Pick<FastifyRequest, 'query'>): string | undefined {
  const { token } = query as { token?: unknown }
  return typeof token === 'string' ? token : undefined
}

/** `admin` includes `user`. @throws AtelierError `forbidden` */
export function requireScope({ scopes }: Pick<Identity, 'scopes'>, scope: Scope): void {
  if (scopes.includes(scope) || scopes.includes('admin')) return
  throw new AtelierError('forbidden', `This route needs a key with the scope \`${scope}\`.`)
}

/**
 * Who sends a request: by the key in its header, else by the cookie of its browser. A browser sends its cookie, and a
 * password once given, for other pages too, so with these what changes anything must come from the server's own page.
 *
 * @throws AtelierError `unauthorized`, `rate_limited`, or `forbidden` for a change that another page asks for
 */
export async function identify(
  { authenticator }: Pick<ApiContext, 'authenticator'>,
  request: FastifyRequest,
  { tokenInQuery = false, basic = false }: { tokenInQuery?: boolean; basic?: boolean } = {},
): Promise<Identity> {
  const { headers, method, ip } = request
  const sent = bearerToken(headers) ?? (tokenInQuery ? queryToken(request) : undefined)
  const remembered =
    headers.authorization === undefined ? browserToken(headers) : basic ? basicToken(headers) : undefined
  const identity = await authenticator.authenticate(sent ?? remembered, ip)
  if (sent === undefined && method !== 'GET' && method !== 'HEAD') checkOwnPage(headers, request.host)
  return identity
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the auth gate; every route below it has one. */
    identity: Identity
    /** Everything of the key's owner, and nothing else. */
    readonly owner: OwnerRepositories
  }
  interface FastifyContextConfig {
    /** Scope that the route needs; default `user`. */
    scope?: Scope
    /** The token may also come as `?token=`. */
    tokenInQuery?: boolean
    /** The route counts requests without key itself, or need not; others are counted before they begin. */
    countsAnonymous?: boolean
  }
}

/** The one gate: every route registered beside this plugin needs a key with the route's scope. */
export const authGate = (context: Pick<ApiContext, 'database' | 'authenticator'>) =>
  fastifyPlugin(
    async (app) => {
      app.decorateRequest('identity', null as unknown as Identity)
      // made when it is used, because many requests do not
      const owners = new WeakMap<FastifyRequest, OwnerRepositories>()
      app.decorateRequest('owner', {
        getter(this: FastifyRequest) {
          const owner = owners.get(this) ?? context.database.forOwner(this.identity.ownerId)
          owners.set(this, owner)
          return owner
        },
      })
      app.addHook('onRoute', (route) => {
        route.config = { ...route.config, countsAnonymous: true }
      })
      app.addHook('onRequest', (request, _reply, done) => {
        const { scope = 'user', tokenInQuery = false } = request.routeOptions.config
        identify(context, request, { tokenInQuery })
          .then((identity) => {
            requireScope(identity, scope)
            request.identity = identity
            addToTrail({ ownerId: identity.ownerId })
          })
          .then(() => done(), done)
      })
    },
    { name: 'auth-gate' },
  )

/** Limits, by address, the requests of routes that need no key. */
export const anonymousLimit = ({ addressLimits }: Pick<ApiContext, 'addressLimits'>) =>
  fastifyPlugin(async (app) => {
    app.addHook('onRequest', ({ routeOptions, ip }, _reply, done) => {
      if (routeOptions.config?.countsAnonymous) return done()
      addressLimits.countAnonymous(ip).then(() => done(), done)
    })
  })
