import { createTurnResponseSchema, createTurnSchema } from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { ApiContext } from '../api-context.js'
import { found } from '../found.js'
import { idempotently } from '../idempotently.js'
import { pathSchema } from '../path-schema.js'
import { createTurn, turnResponse } from '../turns/create-turn.js'

/** `POST /v1/sessions/:id/turns`. */
export const turnRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/sessions/:id/turns',
      {
        schema: {
          tags: ['turns'],
          summary: 'Ask for a picture or a change',
          params: pathSchema('session'),
          body: createTurnSchema,
          response: { 202: createTurnResponseSchema },
        },
      },
      async (request, reply) =>
        idempotently(request, reply, {
          status: 202,
          content: request.body,
          work: (use) => createTurn(context, request.owner, request.log, request.params.id, request.body, use),
          recover: async (turnId) => turnResponse(context, found(await request.owner.turns.get(turnId))),
        }),
    )
  }
