import fastifyHelmet from '@fastify/helmet'
import Fastify from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import type { ApiContext } from '../api-context.js'

/**
 * Security headers. The policy allows what the page, the API's documentation and Bull Board need: own scripts, inline
 * styles, pictures of the object store and previews as `data:` URLs. TLS and HSTS belong to the proxy in front. They are the
 * same for every answer, so Helmet is asked once: it would put the policy together again for each.
 */
export const helmet = ({ objects }: Pick<ApiContext, 'objects'>) =>
  fastifyPlugin(async (app) => {
    const origin = await objects.publicOrigin()
    const pictures = ["'self'", 'data:', 'blob:', ...(origin === null ? [] : [origin])]
    const once = Fastify()
    await once.register(fastifyHelmet, {
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
    once.get('/', async () => '')
    const answer = await once.inject('/')
    await once.close()
    const own = new Set(['content-length', 'content-type', 'date', 'connection'])
    const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !own.has(name)))
    app.addHook('onRequest', (_request, reply, done) => {
      reply.headers(headers)
      done()
    })
  })
