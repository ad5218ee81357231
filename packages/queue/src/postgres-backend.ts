// BullMQ's Postgres backend with what it lacks: it notices silence, trusts one clock, and puts stalled jobs at the head.
import { Socket } from 'node:net'
import { withTimeout } from '@atelier/service'
import { createPostgresBackend, type BackendFactory, type IQueueBackend } from 'bullmq'

/** How often the connection that listens is asked for an answer, and how long it may take, in milliseconds. */
const pingEveryMs = 5_000
const pingAnswerMs = 3_000
/** How long a measured difference between two clocks holds, in milliseconds: they drift apart. */
const measureEveryMs = 60_000

/** The members of BullMQ's backend that its interface does not name. */
interface PostgresBackend extends IQueueBackend {
  readonly queueName: string
  readonly listenClientName?: string
  /** Runs one of its scripts. */
  run(script: string, params: unknown[]): Promise<{ rows: Record<string, unknown>[] }>
  /** Runs a statement once the tables are there. */
  query(text: string, params?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>
}

/** Opens the sockets of a backend and ends those that have gone silent. */
export class SocketWatch {
  private readonly sockets = new Set<Socket>()

  /** A socket that is not connected yet. */
  open(): Socket {
    const socket = new Socket()
    this.sockets.add(socket)
    return socket.once('close', () => this.sockets.delete(socket))
  }

  /** Looks at all sockets. @returns what ends those on which nothing has come since then */
  look(): () => void {
    const before = [...this.sockets].map((socket) => [socket, socket.bytesRead] as const)
    return () => {
      for (const [socket, bytes] of before) {
        if (socket.bytesRead === bytes) socket.destroy(new Error('The connection to the queue has gone silent.'))
      }
    }
  }
}

/** The database's clock, read once a minute and carried on by this machine's monotonic one, which never jumps. */
class DatabaseClock {
  private measured: { at: number; time: number } | undefined

  constructor(private readonly read: () => Promise<number>) {}

  /** Milliseconds to add to `Date.now()`. */
  async ahead(): Promise<number> {
    if (!this.measured || performance.now() - this.measured.at > measureEveryMs) {
      const asked = performance.now()
      const time = await this.read()
      const at = performance.now()
      this.measured = { at, time: time + (at - asked) / 2 }
    }
    return Math.round(this.measured.time + (performance.now() - this.measured.at) - Date.now())
  }
}

const earliest = Date.UTC(2001)
/** A time in milliseconds; everything else that BullMQ sends or gets is far less. */
const isTime = (value: unknown): boolean => Number(value) > earliest && /^(number|bigint|string)$/.test(typeof value)

/**
 * Gives a backend the database's clock. BullMQ takes every time from its own process, so that a worker whose clock is ten
 * minutes ahead would take running jobs from all others, and mark them so that nobody finds them for as long.
 */
function useDatabaseClock(backend: PostgresBackend): void {
  const clock = new DatabaseClock(async () => {
    const { rows } = await backend.query('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now')
    return Number(rows[0]!.now)
  })
  const run = backend.run.bind(backend)
  const runByClock: PostgresBackend['run'] = async (script, params) => {
    const ahead = await clock.ahead()
    const sent = params.map((param) => (typeof param === 'number' && isTime(param) ? param + ahead : param))
    const answer = await run(script, sent)
    if (ahead === 0) return answer
    // columns of times end in `_ms`, but for one
    const isTimeColumn = (name: string) => name.endsWith('_ms') || name === 'next_delay'
    const rows = answer.rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) =>
          isTimeColumn(name) && isTime(value) ? [name, String(Number(value) - ahead)] : [name, value],
        ),
      ),
    )
    return { ...answer, rows }
  }
  Object.defineProperty(backend, 'run', { value: runByClock })
}

/** Lets a job that lost its worker go before those of the same priority, as on Redis: it has waited once already. */
function putStalledFirst(backend: PostgresBackend): void {
  const move = backend.moveStalledJobsToWait.bind(backend)
  const moveFirst = async (): Promise<string[]> => {
    const ids = await move()
    if (ids.length > 0) {
      await backend.query(
        `UPDATE job SET seq = -nextval('job_seq') WHERE queue = $1 AND id = ANY($2) AND state = 'waiting'`,
        [backend.queueName, ids],
      )
    }
    return ids
  }
  Object.defineProperty(backend, 'moveStalledJobsToWait', { value: moveFirst })
}

/**
 * Makes a backend notice when the connection that only listens has gone silent. Polls go on without it, on other
 * connections, so that nobody would find out, and every notice would be late.
 */
function noticeSilence(backend: PostgresBackend, sockets: SocketWatch): void {
  const ping = async () => {
    const endSilent = sockets.look()
    // the one statement that BullMQ sends on that connection for others
    const named = backend.setName(backend.listenClientName ?? backend.queueName)
    await withTimeout(pingAnswerMs, named).catch(endSilent)
  }
  const timer = setInterval(() => void ping(), pingEveryMs).unref()
  for (const method of ['close', 'disconnect'] as const) {
    const end = backend[method].bind(backend) as (force?: boolean) => Promise<void>
    Object.defineProperty(backend, method, {
      value: (force?: boolean) => {
        clearInterval(timer)
        return end(force)
      },
    })
  }
}

/**
 * A factory of Postgres backends.
 *
 * @param sockets - opens their sockets
 * @param listens - whether they listen for jobs or events
 */
export const postgresBackends =
  (sockets: SocketWatch, listens: boolean): BackendFactory<IQueueBackend, unknown> =>
  (name, options, roles) => {
    const backend = (createPostgresBackend as BackendFactory<IQueueBackend, unknown>)(
      name,
      options,
      roles,
    ) as PostgresBackend
    useDatabaseClock(backend)
    putStalledFirst(backend)
    if (listens) noticeSilence(backend, sockets)
    return backend
  }
