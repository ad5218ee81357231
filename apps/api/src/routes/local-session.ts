import { AtelierError } from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../api-context.js'
import { isLocalRequest } from '../auth/is-local-request.js'

/**
 * `GET /v1/local/session`: on the embedded stack, the key for the page that was opened on the same machine. Else 404.
 */
export const localSessionRoute =
  ({ settings: { localToken } }: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/local/session',
      {
        schema: {
          tags: ['health'],
          security: [],
          summary: 'The key of the embedded stack, for its own page',
          response: { 200: z.object({ token: z.string() }) },
        },
      },
      async (request, reply) => {
        if (!localToken || !isLocalRequest(request)) throw new AtelierError('not_found')
        reply.header('Cache-Control', 'no-store')
        return { token: localToken }
      },
    )
  }
