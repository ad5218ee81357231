import { createPostgresBackend, createRedisBackend, type BackendFactory, type IQueueBackend } from 'bullmq'
import type { QueueOptions } from './generation-queue.js'
import { callTimeoutMs } from './within.js'

/** A backend of BullMQ, ready to be given to its classes. */
export interface QueueBackend {
  kind: 'postgres' | 'redis'
  /** What BullMQ's classes take as `connection` together with `factory`. */
  connection: unknown
  factory: BackendFactory<IQueueBackend, unknown>
  name: string
  prefix: string
}

/**
 * `ask`: calls fail fast, because a caller waits for the answer. `wait`: calls are repeated until the backend is there
 * again, because nobody waits.
 */
export type Patience = 'ask' | 'wait'

/** Schema or key prefix unless told otherwise. */
const defaultPrefix = 'atelier_queue'

function redisConnection(url: string, patience: Patience) {
  // A client of the API must not keep commands for later: whoever asked has had its answer by then.
  return patience === 'ask'
    ? {
        url,
        enableOfflineQueue: false,
        maxRetriesPerRequest: 1,
        connectTimeout: callTimeoutMs,
        commandTimeout: callTimeoutMs,
        retryStrategy,
      }
    : { url, maxRetriesPerRequest: null, connectTimeout: 5_000, retryStrategy }
}

/** Milliseconds until the next attempt to connect. */
const retryStrategy = (attempt: number): number => Math.min(50 * 2 ** Math.min(attempt, 10), 1_000)

function postgresConnection(url: string, schema: string) {
  return {
    connectionString: url,
    schema,
    migrate: true,
    max: 4,
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
    keepAlive: true,
  }
}

/** The backend that a queue's URL names: Postgres or Redis. @throws TypeError for any other scheme */
export function queueBackend(
  { url, name = 'generations', prefix = defaultPrefix }: QueueOptions,
  patience: Patience,
): QueueBackend {
  const scheme = /^(\w+):\/\//.exec(url)?.[1]
  if (scheme === 'postgres' || scheme === 'postgresql') {
    return {
      kind: 'postgres',
      connection: postgresConnection(url, prefix),
      factory: createPostgresBackend as QueueBackend['factory'],
      name,
      prefix,
    }
  }
  if (scheme === 'redis' || scheme === 'rediss') {
    return {
      kind: 'redis',
      connection: redisConnection(url, patience),
      factory: createRedisBackend as QueueBackend['factory'],
      name,
      prefix,
    }
  }
  throw new TypeError('The URL of a queue begins with postgres:// or redis://.')
}
