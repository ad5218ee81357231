import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../../api-context.js'
import { EventStream } from '../../live/event-stream.js'

/** `/v1/admin/events`. */
export const adminEventRoutes =
  ({ operators, authenticator }: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    const open = new Set<EventStream>()
    let closing = false
    app.addHook('preClose', async () => {
      closing = true
      for (const stream of open) stream.end()
    })

    app.get(
      '/events',
      {
        config: { tokenInQuery: true, atOnce: 'sockets' },
        schema: {
          tags: ['admin'],
          security: [{ key: [] }, { keyInQuery: [] }],
          summary: 'What changes in the service, as server-sent events: how it stands now, then what is new',
          produces: ['text/event-stream'],
          querystring: z.strictObject({ token: z.string().optional() }),
        },
      },
      async ({ identity }, reply) => {
        const stopWatching = authenticator.watch(identity, () => stream.end())
        let stop = (): void => {}
        const stream = new EventStream(reply, () => {
          stopWatching()
          open.delete(stream)
          stop()
        })
        open.add(stream)
        stop = operators.watch({ tell: ({ type, data }) => stream.send(type, data) })
        // a stream that opens while the API closes is one that the hook above did not see
        if (closing) stream.end()
        if (stream.closed) stop()
        return reply
      },
    )
  }
