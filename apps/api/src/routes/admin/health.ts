import { adminHealthSchema } from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { ApiContext } from '../../api-context.js'

/** `/v1/admin/health`. */
export const adminHealthRoutes =
  ({ health }: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/health',
      {
        schema: {
          tags: ['admin'],
          summary: 'Whether the service is well, and which part is not, since when and why',
          response: { 200: adminHealthSchema },
        },
      },
      async (_request, reply) => {
        reply.header('Cache-Control', 'no-store')
        return health.read()
      },
    )
  }
