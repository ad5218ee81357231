import { readySchema } from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../api-context.js'
import { sharedHealth } from '../check-health.js'

const tags = ['health']
const security: [] = []

/** `/health/live` and `/health/ready`. */
export const healthRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    const health = sharedHealth(context)
    app.get(
      '/health/live',
      {
        schema: {
          tags,
          security,
          summary: 'The process is running',
          response: { 200: z.object({ status: z.literal('ok') }) },
        },
      },
      async () => ({ status: 'ok' as const }),
    )

    app.get(
      '/health/ready',
      {
        schema: {
          tags,
          security,
          summary: 'Requests can be served: the database answers',
          response: { 200: readySchema, 503: readySchema },
        },
      },
      async (_request, reply) => {
        const ready = await health()
        return reply
          .code(ready.status === 'unavailable' ? 503 : 200)
          .header('Cache-Control', 'no-store')
          .send(ready)
      },
    )
  }
