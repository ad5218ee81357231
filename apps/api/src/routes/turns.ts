import { createTurnResponseSchema, createTurnSchema, turnWithGenerationsSchema } from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../api-context.js'
import { deleteOwned } from '../delete-owned.js'
import { orNotFound } from '../or-not-found.js'
import { pathSchema } from '../path-schema.js'
import { createTurn, turnResponse } from '../turns/create-turn.js'
import { withIdempotency } from '../with-idempotency.js'

const tags = ['turns']
const params = pathSchema('turn')

/** `POST /v1/sessions/:id/turns` and `/v1/turns/:id`. */
export const turnRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
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
            orNotFound(await request.owner.turns.get(body.turn.id))
            return body
          },
          recover: async (turnId) => turnResponse(context, orNotFound(await request.owner.turns.get(turnId))),
        }),
    )

    app.get(
      '/turns/:id',
      {
        schema: { tags, summary: 'A turn with its generations', params, response: { 200: turnWithGenerationsSchema } },
      },
      async ({ owner, params }) => context.serializer.turn(orNotFound(await owner.turns.get(params.id))),
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
