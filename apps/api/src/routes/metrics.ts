import type { FastifyPluginAsync } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import type { ApiContext } from '../api-context.js'
import { Metrics } from '../health/metrics.js'

/** `GET /metrics`, and the measuring of every answer. */
export const metricsRoute = (context: ApiContext): FastifyPluginAsync =>
  fastifyPlugin(async (app) => {
    const metrics = new Metrics(context)
    app.addHook('onResponse', async (request, reply) => {
      metrics.observe(request.method, request.routeOptions.url ?? 'none', reply.statusCode, reply.elapsedTime / 1000)
    })
    app.addHook('onClose', async () => metrics.close())
    app.get(
      '/metrics',
      { schema: { tags: ['health'], security: [], summary: 'Numbers for Prometheus', produces: ['text/plain'] } },
      async (_request, reply) => reply.type(metrics.registry.contentType).send(await metrics.text()),
    )
  })
