import { idSchema, workerSchema } from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../../api-context.js'
import { workerSeconds } from '../../health/check-health.js'

const tags = ['admin']
const usageSchema = z.object({
  ownerId: idSchema('owner'),
  name: z.string(),
  succeeded: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  images: z.int(),
})

/** `GET /v1/admin/workers` and `/v1/admin/usage`. */
export const adminOverviewRoutes =
  ({ database: { admin } }: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/workers',
      {
        schema: {
          tags,
          summary: `Workers that reported within ${workerSeconds} seconds`,
          response: { 200: z.object({ data: z.array(workerSchema) }) },
        },
      },
      async () => ({ data: await admin.workers(workerSeconds) }),
    )

    app.get(
      '/usage',
      {
        schema: {
          tags,
          summary: 'Ended generations and pictures of each owner',
          response: { 200: z.object({ data: z.array(usageSchema) }) },
        },
      },
      async () => ({ data: await admin.usage() }),
    )
  }
