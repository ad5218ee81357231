import { AtelierError } from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../api-context.js'
import { eventStreams } from '../live/event-streams.js'
import { orNotFound } from '../or-not-found.js'
import { pathSchema } from '../path-schema.js'

/** Where a stream begins: after the last event that the reader saw, or at the beginning of the log. */
function positionOf(lastEventId: string | string[] | undefined, afterSeq: number | undefined): number {
  if (lastEventId === undefined || lastEventId === '') return afterSeq ?? 0
  const seq = Number(lastEventId)
  if (Number.isSafeInteger(seq) && /^\d+$/.test(String(lastEventId))) return seq
  throw new AtelierError('invalid_request', 'Last-Event-ID must be the `id` of an event of this session.')
}

/** `GET /v1/sessions/:id/events`. */
export const eventRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    const { hub, authenticator } = context
    const openStream = eventStreams(app, authenticator)

    app.get(
      '/sessions/:id/events',
      {
        config: { tokenInQuery: true, atOnce: 'sockets' },
        schema: {
          tags: ['sessions'],
          security: [{ key: [] }, { keyInQuery: [] }],
          summary: 'Live events as server-sent events: what came after `afterSeq`, then whatever happens',
          params: pathSchema('session'),
          produces: ['text/event-stream'],
          querystring: z.strictObject({
            afterSeq: z.coerce.number().int().min(0).optional(),
            token: z.string().optional(),
          }),
        },
      },
      async (request, reply) => {
        const {
          owner,
          params: { id },
        } = request
        const asked = positionOf(request.headers['last-event-id'], request.query.afterSeq)
        const { lastSeq } = orNotFound(await owner.sessions.get(id))
        const running = await hub.running(owner, id)
        return openStream(reply, (stream) => {
          for (const progress of running) stream.progress(progress)
          return hub.watch(owner, id, Math.min(asked, lastSeq), stream)
        })
      },
    )
  }
