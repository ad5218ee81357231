import { idSchema, pageQuerySchema, pageSchema, statsQuerySchema, statsSchema } from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../../api-context.js'

const tags = ['admin']
const usageSchema = z.object({
  ownerId: idSchema('owner'),
  name: z.string(),
  succeeded: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  images: z.int(),
})

/** What was done, over time and by owner: `/v1/admin/stats` and `/usage`. */
export const adminUsageRoutes =
  ({ database: { admin } }: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/usage',
      {
        schema: {
          tags,
          summary: 'Ended generations and pictures of each owner, newest owner first',
          querystring: pageQuerySchema,
          response: { 200: pageSchema(usageSchema) },
        },
      },
      async ({ query }) => admin.usage(query),
    )

    app.get(
      '/stats',
      {
        schema: {
          tags,
          summary: 'Ended generations, waits and runs over time',
          querystring: statsQuerySchema,
          response: { 200: statsSchema },
        },
      },
      async ({ query }) => admin.stats(query.window),
    )
  }
