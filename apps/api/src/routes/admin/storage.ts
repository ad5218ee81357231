import {
  objectCleanRequestSchema,
  objectCleanSchema,
  objectSweepRequestSchema,
  objectSweepSchema,
  storageSchema,
} from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { ApiContext } from '../../api-context.js'
import { housekeepingTask } from '../../housekeeping.js'
import { cleanObjects } from '../../images/clean-objects.js'
import { collectOrphans } from '../../images/collect-orphans.js'

const tags = ['admin']

/** What is stored: `/v1/admin/storage` and `/v1/admin/objects`. */
export const adminStorageRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    const { database, settings } = context
    app.get(
      '/storage',
      {
        schema: { tags, summary: 'How much is stored by kind, and how long', response: { 200: storageSchema } },
      },
      async () => ({
        kinds: await database.admin.storedKinds(),
        retention: {
          mode: settings.housekeeping?.mode ?? 'off',
          retentionDays: settings.housekeeping?.retentionDays ?? 0,
          lastRunAt: await database.admin.taskBegan(housekeepingTask),
        },
      }),
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
