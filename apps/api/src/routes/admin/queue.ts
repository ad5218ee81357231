import { ownerLanesQuerySchema, ownerLanesSchema, pauseQueueSchema, queueStateSchema } from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../../api-context.js'
import { cancelQueued } from '../../generations/cancel-generations.js'
import { requeueOverdue } from '../../generations/requeue-overdue.js'
import { queueState } from '../../operators/queue-state.js'

const tags = ['admin']
const response = { 200: queueStateSchema }
const which = pauseQueueSchema.nullish()

/** `/v1/admin/queue`. */
export const adminQueueRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    const { database, queue, models } = context
    app.get('/queue', { schema: { tags, summary: 'Jobs by state, and what waits and runs', response } }, async () =>
      queueState(context),
    )

    app.get(
      '/queue/owners',
      {
        schema: {
          tags,
          summary: 'What waits and runs of each owner and priority, most waiting first',
          querystring: ownerLanesQuerySchema,
          response: { 200: ownerLanesSchema },
        },
      },
      async ({ query: { limit } }) => database.admin.ownerLanes(limit),
    )

    app.post(
      '/queue/pause',
      { schema: { tags, summary: 'Workers take no new jobs, or none of one model', body: which, response } },
      async ({ body }) => {
        const model = body?.model
        if (model === undefined) await queue.pause()
        else await database.admin.pauseModel(models.choose(model).name)
        return queueState(context)
      },
    )

    app.post(
      '/queue/resume',
      { schema: { tags, summary: 'Workers take jobs again, or those of one model', body: which, response } },
      async ({ body, log }) => {
        const model = body?.model
        if (model === undefined) await queue.resume()
        else {
          await database.admin.resumeModel(model)
          // what it cannot add now, the regular round adds
          await requeueOverdue(context).catch((error: unknown) =>
            log.warn({ err: error }, 'generations of a resumed model are not requeued yet'),
          )
        }
        return queueState(context)
      },
    )

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
  }
