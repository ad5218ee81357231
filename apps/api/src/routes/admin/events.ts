import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../../api-context.js'
import { eventStreams } from '../../live/event-streams.js'

/** `/v1/admin/events`. */
export const adminEventRoutes =
  ({ operators, authenticator }: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    const openStream = eventStreams(app, authenticator)

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
      async (_request, reply) =>
        openStream(reply, (stream) => operators.watch({ tell: ({ type, data }) => stream.send(type, data) })),
    )
  }
