import { objectSweepRequestSchema, objectSweepSchema } from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { ApiContext } from '../../api-context.js'
import { sweepObjects } from '../../images/sweep-objects.js'

/** `/v1/admin/objects`. */
export const adminObjectRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/objects/sweep',
      {
        schema: {
          tags: ['admin'],
          summary: 'Find files that no row names, and delete them when told to',
          body: objectSweepRequestSchema.nullish(),
          response: { 200: objectSweepSchema },
        },
      },
      async ({ body }) => sweepObjects(context, objectSweepRequestSchema.parse(body ?? {})),
    )
  }
