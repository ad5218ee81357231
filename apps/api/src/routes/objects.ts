import { AtelierError } from '@atelier/contracts'
import { InvalidObjectKeyError, ObjectNotFoundError, contentTypeOf } from '@atelier/objects'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../api-context.js'

/**
 * `/objects/*`: objects by their signed URL, for a store whose URLs lead to the API; a bucket serves its own. A wrong or
 * expired signature is answered as if there were nothing.
 */
export const objectRoutes =
  ({ objects, settings, addressLimits }: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    const { signedPaths } = objects
    if (!signedPaths) return
    app.get(
      '/objects/*',
      {
        // a link that holds is as good as a key
        config: { countsAnonymous: true },
        schema: {
          tags: ['images'],
          summary: 'A picture by its signed URL',
          security: [],
          params: z.object({ '*': z.string() }),
          querystring: z.object({ expires: z.string().optional(), signature: z.string().optional() }),
          produces: ['image/png', 'image/jpeg', 'image/webp'],
        },
      },
      async ({ params: { '*': key }, query, ip }, reply) => {
        if (!signedPaths.verify(key, query)) {
          await addressLimits.countAnonymous(ip)
          throw new AtelierError('not_found')
        }
        const body = await objects.get(key).catch((error: unknown) => {
          if (error instanceof ObjectNotFoundError || error instanceof InvalidObjectKeyError)
            throw new AtelierError('not_found')
          throw error
        })
        return reply
          .type(contentTypeOf(key))
          .header('Cache-Control', `private, max-age=${settings.linkSeconds}, immutable`)
          .header('Cross-Origin-Resource-Policy', 'cross-origin')
          .send(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
      },
    )
  }
