import type { FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import type { ApiContext } from '../../api-context.js'

/**
 * Writes down everything that operators change: every request of the routes registered beside this plugin that is no GET.
 * The entry comes first, so what cannot be written down is not done; its status comes before the answer, so an operator who
 * looks right after an action finds how it ended.
 */
export const logActions = ({ database: { admin }, logger }: ApiContext) =>
  fastifyPlugin(async (app) => {
    const entries = new WeakMap<FastifyRequest, string>()
    app.addHook('preHandler', async (request) => {
      const { method, routeOptions, identity, params, body } = request
      if (method === 'GET' || method === 'HEAD') return
      const { ownerId, keyId } = identity
      const [target = null] = Object.values((params ?? {}) as Record<string, string>)
      const action = `${method} ${routeOptions.url}`
      const asked = { ownerId, keyId, requestId: request.id, address: request.ip, action, target, body: body ?? null }
      entries.set(request, await admin.actions.begin(asked))
    })
    app.addHook('onSend', async (request, reply) => {
      const id = entries.get(request)
      if (id === undefined) return
      await admin.actions
        .end(id, reply.statusCode)
        .catch((error: unknown) => logger.error({ err: error, id }, 'the status of an action was not written down'))
    })
  })
