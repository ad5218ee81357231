import fastifyHelmet from '@fastify/helmet'
import fastifyPlugin from 'fastify-plugin'
import type { ApiContext } from '../api-context.js'

/**
 * Security headers. The policy allows what the page, the API's documentation and Bull Board need: own scripts, inline
 * styles, pictures of the object store and previews as `data:` URLs. TLS and HSTS belong to the proxy in front.
 */
export const helmet = ({ objects }: Pick<ApiContext, 'objects'>) =>
  fastifyPlugin(async (app) => {
    const origin = await objects.publicOrigin()
    const pictures = ["'self'", 'data:', 'blob:', ...(origin === null ? [] : [origin])]
    await app.register(fastifyHelmet, {
      hsts: false,
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'self'"],
          baseUri: ["'self'"],
          objectSrc: ["'none'"],
          frameAncestors: ["'none'"],
          formAction: ["'self'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'", "'unsafe-inline'"],
          fontSrc: ["'self'", 'data:'],
          imgSrc: pictures,
          connectSrc: pictures,
        },
      },
    })
  })
