import fastifyRateLimit from '@fastify/rate-limit'
import { AtelierError } from '@atelier/contracts'
import fastifyPlugin from 'fastify-plugin'
import { RateLimiterMemory } from 'rate-limiter-flexible'

/**
 * Counts for the plugin. Its own store hands out an object that later requests change, so that requests of the same moment
 * all read the highest count, and all would be refused when only the last should be.
 */
class MemoryStore {
  private readonly limiter = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: 60 })

  incr(key: string, done: (error: Error | null, result?: { current: number; ttl: number }) => void): void {
    this.limiter.consume(key).then(
      ({ consumedPoints, msBeforeNext }) => done(null, { current: consumedPoints, ttl: msBeforeNext }),
      (error: unknown) => done(error as Error),
    )
  }

  child(): MemoryStore {
    return this
  }
}

/**
 * Limits the requests a minute of each key, in this process; 0 = no limit. Comes after the auth gate, before the body
 * is read. By Fastify's own plugin, because it also sends the headers. A store that fails lets requests through: a limit
 * protects the service and must not stop it.
 */
export const rateLimit = ({ requestsPerMinute }: { requestsPerMinute: number }) =>
  fastifyPlugin(async (app) => {
    if (requestsPerMinute === 0) return
    await app.register(fastifyRateLimit, {
      max: requestsPerMinute,
      timeWindow: 60_000,
      hook: 'preParsing',
      skipOnError: true,
      store: MemoryStore,
      keyGenerator: ({ identity }) => identity.keyId,
      errorResponseBuilder: (_request, { max }) =>
        new AtelierError('rate_limited', `This key has sent more than ${max} requests within a minute.`),
    })
  })

/** Counts a request against the limit of its key. @throws AtelierError `rate_limited` */
export type CountRequest = (keyId: string) => Promise<void>

/** Limits the messages a minute of each key, for the socket, which does not pass Fastify's limit; 0 = no limit. */
export function messageLimit({ requestsPerMinute }: { requestsPerMinute: number }): CountRequest {
  if (requestsPerMinute === 0) return async () => {}
  const limiter = new RateLimiterMemory({ points: requestsPerMinute, duration: 60 })
  return async (keyId) => {
    await limiter.consume(keyId).catch(() => {
      throw new AtelierError(
        'rate_limited',
        `This key has sent more than ${requestsPerMinute} messages within a minute.`,
      )
    })
  }
}
