import { setTimeout as sleep } from 'node:timers/promises'
import type { PrismaClient } from '../generated/client.js'
import type { Queries } from './create-client.js'
import { lanesOf, type Lane } from './lanes.js'
import { poolOf, statementsOn, type Statements } from './statements.js'
import { isConflict, translateError } from './translate-error.js'

const attempts = 5
/** Longest time of one attempt, in milliseconds. */
const longestMs = 15_000

/** Runs a transaction again after a deadlock or a serialization failure. */
async function repeat<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run()
    } catch (error) {
      if (attempt === attempts || !isConflict(error)) throw translateError(error)
      await sleep(Math.random() * 20 * 2 ** attempt)
    }
  }
}

/**
 * Runs a body in one transaction (read committed), again after a deadlock or a serialization failure.
 *
 * Lock order of every body: first the session row, then images, then generations. Whoever changes the status of a
 * generation holds the lock of its session. The lock of the owner comes last of all; after it only rows are written.
 *
 * @param body - must have no effects but those on the database
 * @param timeoutMs - longest time of one attempt; default 15 s
 */
export const transaction = <T>(
  client: PrismaClient,
  body: (tx: Queries) => Promise<T>,
  timeoutMs = longestMs,
): Promise<T> =>
  repeat(() => client.$transaction((tx) => body(tx as unknown as Queries), { maxWait: 10_000, timeout: timeoutMs }))

/** {@link transaction} for a body of SQL alone: on a connection, without Prisma. */
export const sqlTransaction = <T>(client: PrismaClient, body: (tx: Statements) => Promise<T>): Promise<T> =>
  repeat(async () => {
    const connection = await poolOf(client).connect()
    // a lost connection is told by its statements; without a listener it would end the process
    const ignore = () => {}
    connection.on('error', ignore)
    let broken = true
    try {
      const begun = connection.query('BEGIN')
      const [result] = await Promise.all([bounded(statementsOn(connection), body), begun]).catch(
        async (error: unknown) => {
          await connection.query('ROLLBACK').then(
            () => (broken = false),
            () => {},
          )
          throw error
        },
      )
      const { command } = await connection.query('COMMIT')
      broken = false
      // what Postgres answers when a statement has failed and the body went on
      if (command !== 'COMMIT') throw new Error('The transaction was rolled back: one of its statements has failed.')
      return result
    } finally {
      connection.off('error', ignore).release(broken)
    }
  })

/** Runs a body whose next statement fails once {@link longestMs} are over, or the body is. */
function bounded<T>({ $queryRaw, $executeRaw }: Statements, body: (tx: Statements) => Promise<T>): Promise<T> {
  const until = performance.now() + longestMs
  let over = false
  const inTime = () => {
    // one of several that were sent at once has failed: the connection may be somebody else's by now
    if (over) throw new Error('The transaction is over.')
    if (performance.now() < until) return
    throw Object.assign(new Error(`The transaction took longer than ${longestMs} ms.`), { code: 'ETIMEDOUT' })
  }
  return body({
    ordered: true,
    $queryRaw: async <R>(...sql: Parameters<typeof $queryRaw>) => {
      inTime()
      return $queryRaw<R>(...sql)
    },
    $executeRaw: async (...sql) => {
      inTime()
      return $executeRaw(...sql)
    },
  }).finally(() => {
    over = true
  })
}

/**
 * A transaction that an owner asked for: before it takes a connection, it waits for its turn among the owner's others.
 *
 * @param timeoutMs - as of {@link transaction}, without that wait
 * @throws AtelierError `busy` when too many wait already
 */
export const ownerTransaction = <T>(
  client: PrismaClient,
  lane: Lane,
  body: (tx: Queries) => Promise<T>,
  timeoutMs?: number,
): Promise<T> => lanesOf(client).run(lane, () => transaction(client, body, timeoutMs))

/** {@link ownerTransaction} for a body of SQL alone; see {@link sqlTransaction}. */
export const ownerSqlTransaction = <T>(
  client: PrismaClient,
  lane: Lane,
  body: (tx: Statements) => Promise<T>,
): Promise<T> => lanesOf(client).run(lane, () => sqlTransaction(client, body))
