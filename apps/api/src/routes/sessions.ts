import {
  createSessionSchema,
  listedSessionSchema,
  pageSchema,
  sessionListQuerySchema,
  sessionQuerySchema,
  sessionSchema,
  sessionWithTurnsSchema,
  turnPageQuerySchema,
  turnPageSchema,
  updateSessionSchema,
} from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../api-context.js'
import { deleteOwned } from '../delete-owned.js'
import { orNotFound } from '../or-not-found.js'
import { pathSchema } from '../path-schema.js'
import { keptSession, withIdempotency } from '../with-idempotency.js'

const tags = ['sessions']
const params = pathSchema('session')

/** `/v1/sessions`. */
export const sessionRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    const { serializer } = context

    app.post(
      '/sessions',
      {
        schema: {
          tags,
          summary: 'Start a conversation',
          body: createSessionSchema.nullish(),
          response: { 201: sessionSchema },
        },
      },
      async (request, reply) =>
        withIdempotency(request, reply, {
          status: 201,
          content: request.body ?? {},
          work: (idempotency) => {
            const title = request.body?.title
            return request.owner.sessions.create({ ...(title !== undefined && { title }), idempotency })
          },
          ...keptSession(request.owner),
        }),
    )

    app.get(
      '/sessions',
      {
        schema: {
          tags,
          summary: 'Your conversations with their newest pictures, newest first',
          querystring: sessionListQuerySchema,
          response: { 200: pageSchema(listedSessionSchema) },
        },
      },
      async ({ owner, query }) => {
        const { data, nextCursor } = await owner.sessions.list(query)
        return { data: await serializer.all(data, (row) => serializer.listedSession(row)), nextCursor }
      },
    )

    app.get(
      '/sessions/:id',
      {
        schema: {
          tags,
          summary: 'A conversation with the newest turns of its active path, oldest first',
          params,
          querystring: sessionQuerySchema,
          response: { 200: sessionWithTurnsSchema },
        },
      },
      async ({ owner, params, query }) =>
        serializer.session(orNotFound(await owner.sessions.getWithTurns(params.id, query))),
    )

    app.get(
      '/sessions/:id/turns',
      {
        schema: {
          tags,
          summary: 'The turns of a conversation in pages: along a path, or all in order of creation',
          params,
          querystring: turnPageQuerySchema,
          response: { 200: turnPageSchema },
        },
      },
      async ({ owner, params, query }) => serializer.turnPage(orNotFound(await owner.turns.page(params.id, query))),
    )

    app.patch(
      '/sessions/:id',
      {
        schema: {
          tags,
          summary: 'Rename a conversation, or move it to another of its turns',
          params,
          body: updateSessionSchema,
          response: { 200: sessionSchema },
        },
      },
      async ({ owner, params, body }) => orNotFound(await owner.sessions.update(params.id, body)),
    )

    app.delete(
      '/sessions/:id',
      {
        schema: {
          tags,
          summary: 'Delete a conversation and the pictures that only it uses',
          params,
          response: { 204: z.null() },
        },
      },
      async ({ owner, params }, reply) => {
        await deleteOwned(context, owner.sessions.delete(params.id))
        return reply.code(204).send(null)
      },
    )
  }
