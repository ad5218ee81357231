import { readySchema } from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../api-context.js'
import { sharedHealth } from '../check-health.js'

const tags = ['health']
const security: [] = []
// Probes come from the address of the node, as does whatever reaches a pod through it: others' requests must not make them
// fail. One answer is constant, and the other is made once a second.
const config = { countsAnonymous: true }

/** `/health/live` and `/health/ready`. */
export const healthRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    const health = sharedHealth(context)
    app.get(
      '/health/live',
      {
        config,
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
        config,
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
