import fastifyRateLimit from '@fastify/rate-limit'
import { AtelierError } from '@atelier/contracts'
import fastifyPlugin from 'fastify-plugin'

/**
 * Limits the requests a minute of each key, in this process; 0 = no limit. Comes after the auth gate, before the body
 * is read. A store that fails lets requests through (RELIABILITY 15).
 */
export const rateLimit = ({ requestsPerMinute }: { requestsPerMinute: number }) =>
  fastifyPlugin(async (app) => {
    if (requestsPerMinute === 0) return
    await app.register(fastifyRateLimit, {
      max: requestsPerMinute,
      timeWindow: 60_000,
      hook: 'preParsing',
      skipOnError: true,
      keyGenerator: ({ identity }) => identity.keyId,
      errorResponseBuilder: (_request, { max }) =>
        new AtelierError('rate_limited', `This key has sent more than ${max} requests within a minute.`),
    })
  })
