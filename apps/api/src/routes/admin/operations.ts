import {
  idSchema,
  objectCleanRequestSchema,
  objectCleanSchema,
  objectSweepRequestSchema,
  objectSweepSchema,
  pageQuerySchema,
  pageSchema,
  queueCountsSchema,
  statsQuerySchema,
  statsSchema,
  workerSchema,
} from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../../api-context.js'
import { workerSeconds } from '../../check-health.js'
import { cancelQueued } from '../../generations/cancel-generations.js'
import { cleanObjects } from '../../images/clean-objects.js'
import { collectOrphans } from '../../images/collect-orphans.js'

const tags = ['admin']
const usageSchema = z.object({
  ownerId: idSchema('owner'),
  name: z.string(),
  succeeded: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  images: z.int(),
})

/** What an operator watches and does: `/v1/admin/workers`, `/usage`, `/queue` and `/objects`. */
export const adminOperationRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    const {
      database: { admin },
      queue,
    } = context
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

    const response = { 200: queueCountsSchema }
    app.get('/queue', { schema: { tags, summary: 'Jobs by state', response } }, async () => queue.counts())

    app.post('/queue/pause', { schema: { tags, summary: 'Workers take no new jobs', response } }, async () => {
      await queue.pause()
      return queue.counts()
    })

    app.post('/queue/resume', { schema: { tags, summary: 'Workers take jobs again', response } }, async () => {
      await queue.resume()
      return queue.counts()
    })

    app.post(
      '/queue/drain',
      {
        schema: {
          tags,
          summary: 'Cancel every queued generation',
          response: { 200: z.object({ cancelled: z.int() }) },
        },
      },
      async () => ({ cancelled: await cancelQueued(context) }),
    )

    app.post(
      '/objects/sweep',
      {
        schema: {
          tags,
          summary: 'Find orphaned files, and delete them unless `dryRun` is set',
          body: objectSweepRequestSchema.nullish(),
          response: { 200: objectSweepSchema },
        },
      },
      async ({ body }) => collectOrphans(context, objectSweepRequestSchema.parse(body ?? {})),
    )

    app.post(
      '/objects/clean',
      {
        schema: {
          tags,
          summary: 'Take the metadata from uploads of versions that stored them as they were sent',
          body: objectCleanRequestSchema.nullish(),
          response: { 200: objectCleanSchema },
        },
      },
      async ({ body }) => cleanObjects(context, objectCleanRequestSchema.parse(body ?? {})),
    )
  }
