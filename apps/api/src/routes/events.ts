import { AtelierError } from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../api-context.js'
import { EventStream } from '../live/event-stream.js'
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
    const open = new Set<EventStream>()
    let closing = false
    app.addHook('preClose', async () => {
      closing = true
      for (const stream of open) stream.end()
    })

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
          identity,
        } = request
        const asked = positionOf(request.headers['last-event-id'], request.query.afterSeq)
        const { lastSeq } = orNotFound(await owner.sessions.get(id))
        const running = await hub.running(owner, id)
        const stopWatching = authenticator.watch(identity, () => stream.end())
        let stop = (): void => {}
        const stream = new EventStream(reply, () => {
          stopWatching()
          open.delete(stream)
          stop()
        })
        open.add(stream)
        for (const progress of running) stream.progress(progress)
        stop = hub.watch(owner, id, Math.min(asked, lastSeq), stream)
        // a stream that opens while the API closes is one that the hook above did not see
        if (closing) stream.end()
        if (stream.closed) stop()
        return reply
      },
    )
  }
