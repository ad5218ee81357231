import { generationSchema } from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { ApiContext } from '../api-context.js'
import { found } from '../found.js'
import { cancelGeneration } from '../generations/cancel-generation.js'
import { idempotently } from '../idempotently.js'
import { pathSchema } from '../path-schema.js'
import { enqueue } from '../turns/enqueue.js'

const tags = ['generations']
const params = pathSchema('generation')

/** `/v1/generations/:id`. */
export const generationRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    const { presenter, queue } = context

    app.get(
      '/generations/:id',
      {
        schema: {
          tags,
          summary: 'A run of the model: status, pictures, and what the model saw',
          params,
          response: { 200: generationSchema },
        },
      },
      async ({ owner, params }) => presenter.generation(found(await owner.generations.get(params.id))),
    )

    app.post(
      '/generations/:id/cancel',
      {
        schema: {
          tags,
          summary: 'Cancel: at once when queued, before the next step when running',
          params,
          response: { 200: generationSchema },
        },
      },
      async ({ owner, params }) => cancelGeneration(context, owner, params.id),
    )

    app.post(
      '/generations/:id/retry',
      {
        schema: {
          tags,
          summary: 'Run a failed or cancelled one again, with the same seed',
          params,
          response: { 202: generationSchema },
        },
      },
      async (request, reply) =>
        idempotently(request, reply, {
          status: 202,
          content: null,
          work: async () => {
            const row = found(await request.owner.generations.retry(request.params.id))
            await enqueue(queue, [row.id], request.log)
            return presenter.generation(row)
          },
        }),
    )
  }
