import { AtelierError } from '@atelier/contracts'
import { Prisma } from '../generated/client.js'
import type { Queries } from '../prisma/create-client.js'
import { json } from '../prisma/rows.js'

/** A use of an Idempotency-Key. */
export interface IdempotencyUse {
  route: string
  key: string
}

/** Idempotency-Keys of one owner. Hand-written because a key is bound to what it creates in the same transaction. */
export interface IdempotencyRepository {
  /**
   * Claims a key for a request. `new`: go on, then `finish` or `release`; `done`: the stored answer; `conflict`: used
   * with another request, or still running; `gone`: what it created has been deleted; `created`: what the key is bound to (`NewTurn.idempotency`) exists, but its
   * answer was never stored: answer with that. A claim without result is free again after a minute, a result after a day.
   */
  begin(
    input: IdempotencyUse & { requestHash: string },
  ): Promise<
    | { state: 'new' }
    | { state: 'done'; status: number; body: unknown }
    | { state: 'created'; resourceId: string }
    | { state: 'conflict' }
    | { state: 'gone' }
  >
  /** Stores the answer, until what it describes (`resourceId`) is deleted. */
  finish(input: IdempotencyUse & { status: number; body: unknown; resourceId: string }): Promise<void>
  /** Frees the key after an error, unless it is bound to something created. */
  release(input: IdempotencyUse): Promise<void>
}

/** Status of a key whose resource has been deleted; triggers of the tables set it, and erase the answer. */
const goneStatus = 410

/**
 * Takes the key when it is free: never used, used more than a day ago, or claimed a minute ago by a process that died
 * before it created anything.
 */
async function take(
  client: Queries,
  ownerId: string,
  { route, key, requestHash }: IdempotencyUse & { requestHash: string },
): Promise<boolean> {
  return (
    (await client.$executeRaw`
    INSERT INTO idempotency_keys AS old (owner_id, route, key, request_hash)
    VALUES (${ownerId}, ${route}, ${key}, ${requestHash})
    ON CONFLICT (owner_id, route, key) DO UPDATE
    SET request_hash = excluded.request_hash, created_at = now(),
        resource_id = NULL, status = NULL, body = NULL, finished_at = NULL
    WHERE old.created_at < now() - interval '1 day'
       OR (old.finished_at IS NULL AND old.resource_id IS NULL AND old.created_at < now() - interval '1 minute')`) === 1
  )
}

/**
 * Binds a claimed key to what the transaction creates.
 *
 * @throws AtelierError `idempotency_conflict` when another request was faster
 */
export async function markResource(
  tx: Queries,
  ownerId: string,
  { route, key, resourceId }: IdempotencyUse & { resourceId: string },
): Promise<void> {
  const { count } = await tx.idempotencyKey.updateMany({
    where: { ownerId, route, key, resourceId: null },
    data: { resourceId },
  })
  if (count !== 1) throw new AtelierError('idempotency_conflict')
}

/** See {@link IdempotencyRepository}. */
export const idempotencyRepository = (client: Queries, ownerId: string): IdempotencyRepository => ({
  begin: async (input) => {
    const { route, key, requestHash } = input
    if (await take(client, ownerId, input)) return { state: 'new' }
    const row = await client.idempotencyKey.findUnique({ where: { ownerId_route_key: { ownerId, route, key } } })
    if (row?.requestHash !== requestHash) return { state: 'conflict' }
    if (row.status === goneStatus) return { state: 'gone' }
    if (row.finishedAt && row.status !== null) return { state: 'done', status: row.status, body: row.body }
    return row.resourceId ? { state: 'created', resourceId: row.resourceId } : { state: 'conflict' }
  },
  finish: async ({ route, key, status, body, resourceId }) => {
    await client.idempotencyKey.updateMany({
      // what was deleted before its answer could be stored stays deleted
      where: { ownerId, route, key, status: null },
      data: {
        status,
        resourceId,
        body: body === undefined || body === null ? Prisma.JsonNull : json(body),
        finishedAt: new Date(),
      },
    })
  },
  release: async ({ route, key }) => {
    await client.idempotencyKey.deleteMany({ where: { ownerId, route, key, finishedAt: null, resourceId: null } })
  },
})
