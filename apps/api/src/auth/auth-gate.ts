import type { Scope } from '@atelier/contracts'
import type { OwnerRepositories } from '@atelier/database'
import fastifyPlugin from 'fastify-plugin'
import type { ApiContext } from '../api-context.js'
import { authenticate, requireScope, type Identity } from './authenticate.js'
import { bearerToken, queryToken } from './token-of.js'

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
