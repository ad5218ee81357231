import { setTimeout as sleep } from 'node:timers/promises'
import type { PrismaClient } from '../generated/client.js'
import type { Queries } from './create-client.js'
import { lanesOf, type Lane } from './lanes.js'
import { isConflict, translateError } from './translate-error.js'

const attempts = 5

/**
 * Runs a body in one transaction (read committed), again after a deadlock or a serialization failure.
 *
 * Lock order of every body: first the session row, then images, then generations. Whoever changes the status of a
 * generation holds the lock of its session. The lock of the owner comes last of all; after it only rows are written.
 *
 * @param body - must have no effects but those on the database
 * @param timeoutMs - longest time of one attempt; default 15 s
 */
export async function transaction<T>(
  client: PrismaClient,
  body: (tx: Queries) => Promise<T>,
  timeoutMs = 15_000,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await client.$transaction((tx) => body(tx as unknown as Queries), { maxWait: 10_000, timeout: timeoutMs })
    } catch (error) {
      if (attempt === attempts || !isConflict(error)) throw translateError(error)
      await sleep(Math.random() * 20 * 2 ** attempt)
    }
  }
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
