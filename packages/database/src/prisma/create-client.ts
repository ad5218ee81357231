import { PrismaPg } from '@prisma/adapter-pg'
import { Pool } from 'pg'
import { PrismaClient } from '../generated/client.js'
import { boundedClient, defaultAnswerMs } from './bounded-client.js'
import { openLanes } from './lanes.js'
import { setUtc } from './set-utc.js'
import { keepPool } from './statements.js'
import { translateError } from './translate-error.js'

/** The client, or a transaction of it: what a query needs. */
export type Queries = Omit<PrismaClient, '$connect' | '$disconnect' | '$on' | '$use' | '$extends' | '$transaction'>

/**
 * Makes a pool of connections, which are opened when needed.
 *
 * @param size - most connections at once
 * @param answerMs - longest wait for the answer to a statement, in milliseconds; default: see `boundedClient`
 */
export const createPool = (url: string, size: number, answerMs = defaultAnswerMs): Pool =>
  new Pool({
    connectionString: url,
    Client: boundedClient(answerMs),
    max: size,
    // also the longest wait for a free connection of the pool
    connectionTimeoutMillis: 10_000,
    // a process stopped within a transaction holds locks: they are taken from it before those who wait for them give up
    idle_in_transaction_session_timeout: answerMs / 2,
    onConnect: setUtc,
    // statements may be sent before the ones before them are answered: see `inTurn`
    pipeline: true,
  })

/** Makes a Prisma client on a pool, which ends with it. */
export function createClient(pool: Pool): PrismaClient {
  const adapter = new PrismaPg(pool, { disposeExternalPool: true })
  const client = new PrismaClient({ adapter }).$extends({
    query: {
      $allOperations: ({ args, query }) =>
        query(args).catch((error: unknown) => {
          throw translateError(error)
        }),
    },
  })
  openLanes(client, pool.options.max)
  keepPool(client, pool)
  return client as unknown as PrismaClient
}
