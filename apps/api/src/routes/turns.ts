import {
  createTurnResponseSchema,
  createTurnSchema,
  dryRunTurnSchema,
  generationSummarySchema,
  pageQuerySchema,
  pageSchema,
  siblingsQuerySchema,
  turnInTreeSchema,
  turnOutlookSchema,
} from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../api-context.js'
import { deleteOwned } from '../delete-owned.js'
import { orNotFound } from '../or-not-found.js'
import { pathSchema } from '../path-schema.js'
import { createTurn, turnResponse } from '../turns/create-turn.js'
import { dryRunTurn } from '../turns/dry-run-turn.js'
import { withIdempotency } from '../with-idempotency.js'

const tags = ['turns']
const params = pathSchema('turn')

/** `POST /v1/sessions/:id/turns` and what is under `/v1/turns/:id`. */
export const turnRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    const { serializer } = context
    app.post(
      '/sessions/:id/turns',
      {
        schema: {
          tags,
          summary: 'Ask for a picture or a change',
          params: pathSchema('session'),
          body: createTurnSchema,
          response: { 202: createTurnResponseSchema },
        },
      },
      async (request, reply) =>
        withIdempotency(request, reply, {
          status: 202,
          content: request.body,
          work: (use) => createTurn(context, request.owner, request.log, request.params.id, request.body, use),
          idOf: ({ turn }) => turn.id,
          refresh: async (body) => {
            orNotFound(await request.owner.turns.getCreated(body.turn.id))
            return body
          },
          recover: async (turnId) => turnResponse(context, orNotFound(await request.owner.turns.getCreated(turnId))),
        }),
    )

    app.post(
      '/turns/dry-run',
      {
        schema: {
          tags,
          summary: 'What would become of a turn, without creating it',
          body: dryRunTurnSchema,
          response: { 200: turnOutlookSchema },
        },
      },
      async ({ owner, body }) => dryRunTurn(context, owner, body),
    )

    app.get(
      '/turns/:id',
      {
        schema: {
          tags,
          summary: 'A turn with its newest generations and its place in the tree',
          params,
          response: { 200: turnInTreeSchema },
        },
      },
      async ({ owner, params }) => serializer.turn(orNotFound(await owner.turns.get(params.id))),
    )

    app.get(
      '/turns/:id/siblings',
      {
        schema: {
          tags,
          summary: 'The turns with the same parent, the turn itself among them, oldest first',
          params,
          querystring: siblingsQuerySchema,
          response: { 200: pageSchema(turnInTreeSchema) },
        },
      },
      async ({ owner, params, query }) => {
        const { data, after } = await serializer.turnPage(orNotFound(await owner.turns.siblings(params.id, query)))
        return { data, nextCursor: after }
      },
    )

    app.get(
      '/turns/:id/generations',
      {
        schema: {
          tags,
          summary: 'The generations of a turn, newest first',
          params,
          querystring: pageQuerySchema,
          response: { 200: pageSchema(generationSummarySchema) },
        },
      },
      async ({ owner, params, query }) => {
        const { data, nextCursor } = orNotFound(await owner.generations.ofTurn(params.id, query))
        return { data: await serializer.all(data, (row) => serializer.generation(row)), nextCursor }
      },
    )

    app.delete(
      '/turns/:id',
      {
        schema: {
          tags,
          summary: 'Delete a turn that nothing follows, with its pictures',
          params,
          response: { 204: z.null() },
        },
      },
      async ({ owner, params }, reply) => {
        await deleteOwned(context, owner.turns.delete(params.id))
        return reply.code(204).send(null)
      },
    )
  }
