import { adminGenerationSchema } from '@atelier/contracts'
import type { AdminGenerationRow } from '@atelier/database'
import { withTimeout } from '@atelier/service'
import type { FastifyBaseLogger } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { ApiContext } from '../../api-context.js'
import { orNotFound } from '../../or-not-found.js'
import { pathSchema } from '../../path-schema.js'
import { enqueue, queueAnswerMs } from '../../turns/enqueue.js'

const tags = ['admin']
const params = pathSchema('generation')
const response = { 200: adminGenerationSchema }

/** The order in which generations are started: `/v1/admin/generations/:id/front`, `/park` and `/unpark`. */
export const adminRunningOrderRoutes =
  ({ database: { admin }, queue, serializer }: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    /** A queue that does not answer does no harm: workers ask the database before they start a job. */
    const takeOut = (id: string, log: FastifyBaseLogger) =>
      withTimeout(queueAnswerMs, queue.remove(id)).catch((error: unknown) =>
        log.warn({ err: error, generationId: id }, 'a job stays in the queue'),
      )
    const putBack = async (row: AdminGenerationRow, log: FastifyBaseLogger) => {
      await takeOut(row.id, log)
      await enqueue(queue, [row], log)
    }

    app.post(
      '/generations/:id/front',
      { schema: { tags, summary: 'Start a queued generation before all others', params, response } },
      async ({ params: { id }, log }) => {
        const row = orNotFound(await admin.moveToFront(id))
        await putBack(row, log)
        return serializer.generation(row)
      },
    )

    app.post(
      '/generations/:id/park',
      { schema: { tags, summary: 'Take a queued generation out of the running order', params, response } },
      async ({ params: { id }, log }) => {
        const row = orNotFound(await admin.park(id))
        await takeOut(id, log)
        return serializer.generation(row)
      },
    )

    app.post(
      '/generations/:id/unpark',
      { schema: { tags, summary: 'Put a parked generation back, or a poison one as a new one', params, response } },
      async ({ params: { id }, log }) => {
        const row = orNotFound(await admin.unpark(id))
        await putBack(row, log)
        return serializer.generation(row)
      },
    )
  }
