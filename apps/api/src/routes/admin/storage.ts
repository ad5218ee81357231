import {
  objectCleanRequestSchema,
  objectCleanSchema,
  objectSweepRequestSchema,
  objectSweepSchema,
} from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { ApiContext } from '../../api-context.js'
import { cleanObjects } from '../../images/clean-objects.js'
import { collectOrphans } from '../../images/collect-orphans.js'

const tags = ['admin']

/** What is stored: `/v1/admin/objects`. */
export const adminStorageRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
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
