import { setTimeout as delay } from 'node:timers/promises'
import { createRedisBackend, type BackendFactory, type IQueueBackend } from 'bullmq'
import { callTimeoutMs } from './deadlines.js'
import type { QueueOptions } from './generation-queue.js'
import { postgresBackends, SocketWatch } from './postgres-backend.js'

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
/** Longest wait for a job in seconds, so that an idle consumer polls often enough to be seen and to find out. */
const longestWaitSeconds = 5
/** Longest wait for events in milliseconds. */
export const longestEventWaitMs = 5_000
/**
 * How long a connection may leave a command without an answer, in milliseconds, before it is replaced; above the longest
 * wait. A server that was replaced without a word, or a firewall, leaves connections on which nothing ever arrives.
 */
const silenceMs = { ask: callTimeoutMs + 500, wait: 8_000 }

function redisConnection(url: string, patience: Patience) {
  // The API must not keep commands for later: by then its caller has had an answer.
  return patience === 'ask'
    ? {
        url,
        enableOfflineQueue: false,
        maxRetriesPerRequest: 1,
        connectTimeout: callTimeoutMs,
        commandTimeout: callTimeoutMs,
        socketTimeout: silenceMs.ask,
        retryStrategy,
      }
    : { url, maxRetriesPerRequest: null, connectTimeout: 5_000, socketTimeout: silenceMs.wait, retryStrategy }
}

/** Milliseconds until the next attempt to connect. */
const retryStrategy = (attempt: number): number => Math.min(50 * 2 ** Math.min(attempt, 10), 1_000)

function postgresConnection(url: string, schema: string, sockets: SocketWatch) {
  return {
    connectionString: url,
    schema,
    migrate: true,
    // BullMQ adds its schema to these; packages/database does the same with a statement
    // commits do not wait for the disk: what a crash of the database forgets is added again, as on Redis
    options: '-c TimeZone=UTC -c synchronous_commit=off',
    max: 4,
    connectionTimeoutMillis: 5_000,
    // also for the statements that make the tables; the pool drops a connection that was too late
    query_timeout: 5_000,
    keepAlive: true,
    stream: () => sockets.open(),
  }
}

/** The backend that a queue's URL names: Postgres or Redis. @throws TypeError for any other scheme */
export function queueBackend(
  { url, name = 'generations', prefix = defaultPrefix }: QueueOptions,
  patience: Patience,
): QueueBackend {
  const scheme = /^(\w+):\/\//.exec(url)?.[1]
  if (scheme === 'postgres' || scheme === 'postgresql') {
    const sockets = new SocketWatch()
    return {
      kind: 'postgres',
      connection: postgresConnection(url, prefix, sockets),
      factory: postgresBackends(sockets, patience === 'wait'),
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
        await delay(failurePauseMs)
        throw error
      })
    Object.defineProperties(backend, {
      // the next function replaces them once more
      moveToActive: { value: takeCalmly, configurable: true },
      waitForJob: { value: told(backend.waitForJob), configurable: true },
      maximumBlockTimeout: { value: longestWaitSeconds },
    })
    return backend
  }
}

/** How often a consumer that has jobs looks for one more, in milliseconds: much longer than an idle one takes to take it. */
const lookMs = 40

/**
 * A factory of backends for consumers that have several jobs at once, and let those that have none go first: while there are
 * jobs here, it looks for another one every {@link lookMs} instead of waiting for one.
 *
 * @param hasJobs - whether jobs run here
 */
export function yieldToIdle<C>(
  factory: BackendFactory<IQueueBackend, C>,
  hasJobs: () => boolean,
): BackendFactory<IQueueBackend, C> {
  return (name, options, roles) => {
    const backend = factory(name, options, roles)
    const take = backend.moveToActive.bind(backend)
    const wait = backend.waitForJob.bind(backend)
    let tookAt = -Infinity
    // who has waited must look: the signal that woke it is heard once
    let waited = false
    const tookLately = () => performance.now() - tookAt < lookMs
    Object.defineProperties(backend, {
      moveToActive: {
        value: async (...args: Parameters<typeof take>): ReturnType<typeof take> => {
          if (!waited && tookLately()) return []
          waited = false
          const answer = await take(...args)
          if (answer[0]) tookAt = performance.now()
          return answer
        },
      },
      waitForJob: {
        value: async (...args: Parameters<typeof wait>): ReturnType<typeof wait> => {
          waited = true
          // a job that was just taken may not run yet
          if (!hasJobs() && !tookLately()) return wait(...args)
          await delay(lookMs)
          return null
        },
      },
    })
    return backend
  }
}
