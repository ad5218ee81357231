import {
  adminGenerationSchema,
  adminGenerationsQuerySchema,
  generationSchema,
  generationStorySchema,
  pageSchema,
} from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { ApiContext } from '../../api-context.js'
import { cancelGeneration } from '../../generations/cancel-generations.js'
import { orNotFound } from '../../or-not-found.js'
import { pathSchema } from '../../path-schema.js'
import { enqueue } from '../../turns/enqueue.js'
import { keptGeneration, withIdempotency } from '../../with-idempotency.js'

const tags = ['admin']
const params = pathSchema('generation')

/** `/v1/admin/generations`. */
export const adminGenerationRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    const { database, queue, serializer } = context
    app.get(
      '/generations',
      {
        schema: {
          tags,
          summary: 'Generations of all owners, newest first',
          response: { 200: pageSchema(adminGenerationSchema) },
          querystring: adminGenerationsQuerySchema,
        },
      },
      async ({ query }) => {
        const page = await database.admin.generations(query)
        return { ...page, data: await serializer.all(page.data, (row) => serializer.generation(row)) }
      },
    )

    app.get(
      '/generations/:id',
      {
        schema: {
          tags,
          summary: 'Everything that is known of a generation: events, attempts, what operators did, pictures',
          params,
          response: { 200: generationStorySchema },
        },
      },
      async ({ params: { id } }) => {
        const story = orNotFound(await database.admin.story(id))
        return { ...story, generation: await serializer.generation(story.generation) }
      },
    )

    app.post(
      '/generations/:id/retry',
      {
        schema: {
          tags,
          summary: "Run an ended generation again with its seed, on its owner's behalf",
          params,
          response: { 202: generationSchema },
        },
      },
      async (request, reply) =>
        withIdempotency(request, reply, {
          status: 202,
          content: null,
          work: async (use) => {
            const { ownerId } = request.identity
            const row = orNotFound(await database.admin.retry(request.params.id, use && { ...use, ownerId }))
            await enqueue(queue, [row], request.log)
            return serializer.generation(row)
          },
          ...keptGeneration(database.admin.generation, (row) => serializer.generation(row)),
        }),
    )

    app.post(
      '/generations/:id/cancel',
      {
        schema: {
          tags,
          summary: "Cancel a generation on its owner's behalf",
          params,
          response: { 200: generationSchema },
        },
      },
      async ({ params: { id } }) => {
        const { ownerId } = orNotFound(await database.admin.adminGeneration(id))
        return cancelGeneration(context, database.forOwner(ownerId), id)
      },
    )
  }
