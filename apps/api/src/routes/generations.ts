import { generationSchema, placedGenerationSchema, retrySchema } from '@atelier/contracts'
import { checkParameters } from '@atelier/conversation'
import type { GenerationRow } from '@atelier/database'
import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { ApiContext } from '../api-context.js'
import { cancelGeneration } from '../generations/cancel-generations.js'
import { orNotFound } from '../or-not-found.js'
import { pathSchema } from '../path-schema.js'
import { enqueue } from '../turns/enqueue.js'
import { randomSeed } from '../turns/random-seed.js'
import { keptGeneration, withIdempotency } from '../with-idempotency.js'

const tags = ['generations']
const params = pathSchema('generation')

/** `/v1/generations/:id`. */
export const generationRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    const { serializer, queue, models } = context
    /** A record may have come with an import, or its model may have changed since: what cannot be run is refused. */
    const runnable = async ({ owner }: FastifyRequest, id: string): Promise<void> => {
      const { model, parameters } = orNotFound(await owner.generations.get(id))
      checkParameters(parameters, models.choose(model))
    }
    const queued = async (request: FastifyRequest, creating: Promise<GenerationRow | null>) => {
      const row = orNotFound(await creating)
      await enqueue(queue, [row], request.log)
      return serializer.generation(row)
    }

    const kept = ({ owner }: FastifyRequest) =>
      keptGeneration(owner.generations.get, (row) => serializer.generation(row))

    app.get(
      '/generations/:id',
      {
        schema: {
          tags,
          summary: 'A generation: its status, its place in the queue, its pictures, and what the model saw',
          params,
          response: { 200: placedGenerationSchema },
        },
      },
      async ({ owner, params: { id } }) => ({
        ...(await serializer.generation(orNotFound(await owner.generations.get(id)))),
        ...orNotFound(await owner.generations.place(id)),
      }),
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
          summary: 'Run an ended generation again with another seed',
          params,
          body: retrySchema.nullish(),
          response: { 202: generationSchema },
        },
      },
      async (request, reply) =>
        withIdempotency(request, reply, {
          status: 202,
          content: request.body ?? null,
          work: async (use) => {
            await runnable(request, request.params.id)
            const seed = request.body?.seed ?? randomSeed()
            return queued(request, request.owner.generations.retry(request.params.id, seed, use))
          },
          ...kept(request),
        }),
    )

    app.post(
      '/generations/:id/reproduce',
      {
        schema: {
          tags,
          summary: 'Reproduce a generation from its record and compare the pictures',
          params,
          response: { 202: generationSchema },
        },
      },
      async (request, reply) =>
        withIdempotency(request, reply, {
          status: 202,
          content: null,
          work: async (use) => {
            await runnable(request, request.params.id)
            return queued(request, request.owner.generations.reproduce(request.params.id, use))
          },
          ...kept(request),
        }),
    )
  }
