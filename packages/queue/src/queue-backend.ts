import { createPostgresBackend, createRedisBackend, type BackendFactory, type IQueueBackend } from 'bullmq'
import { callTimeoutMs } from './deadlines.js'
import type { QueueOptions } from './generation-queue.js'

/** A backend of BullMQ, ready to be given to its classes. */
interface QueueBackend {
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
type Patience = 'ask' | 'wait'

/** Schema of the tables or prefix of the keys. */
const defaultPrefix = 'atelier_queue'
/** Pause after asking for a job failed, in milliseconds: BullMQ repeats some failures at once and would spin. */
const failurePauseMs = 500
/** Longest wait for a job in seconds, so that an idle consumer polls often enough to be seen. */
const longestWaitSeconds = 10

function redisConnection(url: string, patience: Patience) {
  // The API must not keep commands for later: by then its caller has had an answer.
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
    // BullMQ adds its schema to these; packages/database does the same with a statement
    options: '-c TimeZone=UTC',
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

/**
 * A factory whose backends tell of every poll that was answered.
 *
 * @param onPoll - called after each answer to "is there a job?"
 */
export function watchBackend<C>(
  factory: BackendFactory<IQueueBackend, C>,
  onPoll: () => void,
): BackendFactory<IQueueBackend, C> {
  return (name, options, roles) => {
    const backend = factory(name, options, roles)
    const told =
      <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        const answer = await call.apply(backend, args)
        onPoll()
        return answer
      }
    const take = told(backend.moveToActive)
    const takeCalmly = (...args: Parameters<typeof take>) =>
      take(...args).catch(async (error: unknown) => {
        await new Promise((resolve) => {
          setTimeout(resolve, failurePauseMs)
        })
        throw error
      })
    Object.defineProperties(backend, {
      moveToActive: { value: takeCalmly },
      waitForJob: { value: told(backend.waitForJob) },
      maximumBlockTimeout: { value: longestWaitSeconds },
    })
    return backend
  }
}
