import { AtelierError } from '@atelier/contracts'
import type { IdempotencyKey } from '../generated/client.js'
import type { Queries } from '../prisma/create-client.js'
import type { Statements } from '../prisma/statements.js'

/** A use of an Idempotency-Key. */
export interface IdempotencyUse {
  route: string
  key: string
}

/** Idempotency-Keys of one owner. Hand-written because a key is bound to what it creates in the same transaction. */
export interface IdempotencyRepository {
  /**
   * Claims a key for a request. `new`: go on, `renew` it now and then, at the end `finish` or `release`; `done`: the stored
   * answer; `running`: claimed by the same request, for `freeMs` more at most unless that renews it; `conflict`: used with
   * another request; `gone`: what it created has been deleted; `created`: what the key is bound to exists, but its answer
   * was never stored: answer with that. A result is kept for a day.
   */
  begin(
    input: IdempotencyUse & { requestHash: string },
  ): Promise<
    | { state: 'new' }
    | { state: 'done'; status: number; body: unknown }
    | { state: 'created'; resourceId: string }
    | { state: 'running'; freeMs: number }
    | { state: 'conflict' }
    | { state: 'gone' }
  >
  /** Holds a claim for another {@link claimMs}. */
  renew(input: IdempotencyUse): Promise<void>
  /** Stores the answer, until what it describes (`resourceId`) is deleted. */
  finish(input: IdempotencyUse & { status: number; body: unknown; resourceId: string }): Promise<void>
  /** Frees the key after an error, unless it is bound to something created. */
  release(input: IdempotencyUse): Promise<void>
  /** How long ago a key was claimed or renewed, by the database's clock, and what it is bound to; null: it is free. */
  look(input: IdempotencyUse): Promise<{ ageMs: number; resourceId: string | null } | null>
  /** Counts a caller who waits for what a key's request has made. */
  join(resourceId: string): Promise<void>
  /** Counts one off. @returns how many still wait */
  leave(resourceId: string): Promise<number>
  /** Frees a key that is bound to this resource, whether or not that still exists: the next request is a new one. */
  forget(input: IdempotencyUse & { resourceId: string }): Promise<void>
}

/** How long a claim holds that is not renewed, in milliseconds: then its process has died before it created anything. */
export const claimMs = 20_000

/** Status of a key whose resource has been deleted; triggers of the tables set it, and erase the answer. */
const goneStatus = 410

/**
 * Takes the key when it is free: never used, used more than a day ago, or claimed by a process that died before it
 * created anything. The commit does not wait for the disk: that of what is created does, and then this is there, too.
 */
async function take(
  client: Statements,
  ownerId: string,
  { route, key, requestHash }: IdempotencyUse & { requestHash: string },
): Promise<boolean> {
  return (
    (await client.$executeRaw`
    INSERT INTO idempotency_keys AS old (owner_id, route, key, request_hash)
    VALUES (${ownerId}, ${route}, ${key}, ${requestHash})
    ON CONFLICT (owner_id, route, key) DO UPDATE
    SET request_hash = excluded.request_hash, created_at = now(),
        resource_id = NULL, status = NULL, body = NULL, finished_at = NULL, callers = 0
    WHERE old.created_at < now() - interval '1 day'
       OR (old.finished_at IS NULL AND old.resource_id IS NULL AND old.created_at < now() - make_interval(secs => ${claimMs / 1000}::float8))
    RETURNING set_config('synchronous_commit', 'off', true)`) === 1
  )
}

/**
 * Binds a claimed key to what the transaction creates. Every creation that can be asked for with a key does so: a process that
 * dies before it stores the answer leaves the key bound, and a repeat finds what was created.
 *
 * @throws AtelierError `still_running` when another request was faster
 */
export async function markResource(
  tx: Statements,
  ownerId: string,
  { route, key, resourceId }: IdempotencyUse & { resourceId: string },
): Promise<void> {
  const count = await tx.$executeRaw`
    UPDATE idempotency_keys SET resource_id = ${resourceId}
    WHERE owner_id = ${ownerId} AND route = ${route} AND key = ${key} AND resource_id IS NULL`
  if (count !== 1) throw new AtelierError('still_running', undefined, { retryAfterSeconds: 1 })
}

/** See {@link IdempotencyRepository}. */
export const idempotencyRepository = (client: Queries, sql: Statements, ownerId: string): IdempotencyRepository => ({
  begin: async (input) => {
    const { route, key, requestHash } = input
    let row: IdempotencyKey | null = null
    // there is none when the request that had the key failed in between and has freed it
    while (!row) {
      if (await take(sql, ownerId, input)) return { state: 'new' }
      row = await client.idempotencyKey.findUnique({ where: { ownerId_route_key: { ownerId, route, key } } })
    }
    if (row.requestHash !== requestHash) return { state: 'conflict' }
    if (row.status === goneStatus) return { state: 'gone' }
    if (row.finishedAt && row.status !== null) return { state: 'done', status: row.status, body: row.body }
    if (row.resourceId) return { state: 'created', resourceId: row.resourceId }
    return {
      state: 'running',
      freeMs: Math.min(claimMs, Math.max(0, claimMs - (Date.now() - row.createdAt.getTime()))),
    }
  },
  renew: async ({ route, key }) => {
    await sql.$executeRaw`
      UPDATE idempotency_keys SET created_at = now()
      WHERE owner_id = ${ownerId} AND route = ${route} AND key = ${key} AND finished_at IS NULL`
  },
  finish: async ({ route, key, status, body, resourceId }) => {
    // what was deleted before its answer could be stored stays deleted
    await sql.$executeRaw`
      UPDATE idempotency_keys
      SET status = ${status}::int, resource_id = ${resourceId}, body = ${JSON.stringify(body ?? null)}::jsonb,
          finished_at = clock_timestamp()
      WHERE owner_id = ${ownerId} AND route = ${route} AND key = ${key} AND status IS NULL`
  },
  release: async ({ route, key }) => {
    await client.idempotencyKey.deleteMany({ where: { ownerId, route, key, finishedAt: null, resourceId: null } })
  },
  look: async ({ route, key }) => {
    const [row] = await client.$queryRaw<{ ageMs: number; resourceId: string | null }[]>`
      SELECT resource_id AS "resourceId",
        (EXTRACT(EPOCH FROM clock_timestamp() - created_at) * 1000)::float8 AS "ageMs"
      FROM idempotency_keys WHERE owner_id = ${ownerId} AND route = ${route} AND key = ${key}`
    return row ?? null
  },
  join: async (resourceId) => {
    await client.idempotencyKey.updateMany({ where: { ownerId, resourceId }, data: { callers: { increment: 1 } } })
  },
  leave: async (resourceId) => {
    const [row] = await client.$queryRaw<{ callers: number }[]>`
      UPDATE idempotency_keys SET callers = GREATEST(callers - 1, 0)
      WHERE owner_id = ${ownerId} AND resource_id = ${resourceId} RETURNING callers`
    return row?.callers ?? 0
  },
  forget: async ({ route, key, resourceId }) => {
    await client.idempotencyKey.deleteMany({ where: { ownerId, route, key, resourceId } })
  },
})
