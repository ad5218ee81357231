import {
  generationSchema,
  generationStatusSchema,
  generationSummarySchema,
  idSchema,
  pageQuerySchema,
  pageSchema,
} from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { ApiContext } from '../../api-context.js'
import { orNotFound } from '../../or-not-found.js'
import { pathSchema } from '../../path-schema.js'
import { enqueue } from '../../turns/enqueue.js'
import { keptGeneration, withIdempotency } from '../../with-idempotency.js'

const tags = ['admin']
const ownedSchema = generationSummarySchema.extend({ ownerId: idSchema('owner') })

/** `/v1/admin/generations`. */
export const adminGenerationRoutes =
  ({ database, queue, serializer }: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/generations',
      {
        schema: {
          tags,
          summary: 'Generations of all owners, newest first',
          response: { 200: pageSchema(ownedSchema) },
          querystring: pageQuerySchema.extend({ status: generationStatusSchema.optional() }),
        },
      },
      async ({ query: { status, limit, cursor } }) => {
        const page = await database.admin.generations({
          limit,
          ...(cursor !== undefined && { cursor }),
          ...(status && { status }),
        })
        return {
          ...page,
          data: await serializer.all(page.data, async (row) => ({
            ...(await serializer.generation(row)),
            ownerId: row.ownerId,
          })),
        }
      },
    )

    app.post(
      '/generations/:id/retry',
      {
        schema: {
          tags,
          summary: "Run an ended generation again with its seed, on its owner's behalf",
          params: pathSchema('generation'),
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
  }
