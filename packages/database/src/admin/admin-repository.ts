import {
  AtelierError,
  newId,
  type Key,
  type KeysQuery,
  type OwnerLimits,
  type Page,
  type PageQuery,
  type Scope,
  type Stats,
} from '@atelier/contracts'
import type { PrismaClient } from '../generated/client.js'
import { takeRoom } from '../owner/owner-limits.js'
import { retryGeneration } from '../owner/generation-repository.js'
import type { IdempotencyUse } from '../owner/idempotency-repository.js'
import type { Queries } from '../prisma/create-client.js'
import { page } from '../prisma/page.js'
import { toGeneration, toKey, withImages, type GenerationRow } from '../prisma/rows.js'
import { transaction } from '../prisma/transaction.js'
import {
  endedCounts,
  joinOldStats,
  queueDepths,
  stats,
  type EndedCount,
  type QueueDepth,
} from '../queue/generation-stats.js'
import { actionLog, type ActionLog } from './action-log.js'
import { housekeepingRepository, type HousekeepingRepository } from './housekeeping.js'
import { ownerListRepository, type OwnerListRepository } from './owners.js'
import { runningOrderRepository, type RunningOrderRepository } from './running-order.js'
import { storedFileRepository, type StoredFileRepository } from './stored-files.js'
import { hashToken, hintOf, newToken } from './token.js'
import { webhookListRepository, type WebhookListRepository } from './webhooks.js'
import { workListRepository, type WorkListRepository } from './work-list.js'
import { workerWatchRepository, type WorkerWatchRepository } from './workers.js'

/** What a new key needs. */
interface NewKey {
  /** Left out: a new owner of the key's name is made. */
  ownerId?: string
  name: string
  /** Repeated ones count once. */
  scopes: Scope[]
  /** ISO 8601, in the future. Left out: never. */
  expiresAt?: string
}

/** The operator's side: keys, workers, and the work of all owners. */
export interface AdminRepository
  extends
    StoredFileRepository,
    HousekeepingRepository,
    WorkerWatchRepository,
    WorkListRepository,
    RunningOrderRepository,
    OwnerListRepository,
    WebhookListRepository {
  /**
   * Makes a key. Its token is returned once and stored only as a SHA-256 hash.
   * @throws AtelierError `not_found` for an unknown owner, `limit_reached` when the owner has too many, `invalid_request` for
   *   an `expiresAt` that has passed
   */
  createKey(key: NewKey): Promise<Key & { token: string }>
  /**
   * Makes a key like another one of the same owner, which ends after `overlapSeconds`.
   * @returns null when there is no such key, or when it no longer holds
   * @throws AtelierError `invalid_request` for an `expiresAt` that has passed, `limit_reached` when the owner has too many
   */
  rotateKey(
    id: string,
    input: { overlapSeconds: number; expiresAt?: string },
  ): Promise<(Key & { token: string }) | null>
  listKeys(query: KeysQuery): Promise<Page<Key>>
  /** @returns the key, which stays revoked for good; null when there is none */
  revokeKey(id: string): Promise<Key | null>
  /**
   * Runs one that has ended again on behalf of any owner, with the same seed. `idempotency` as of `NewTurn`, with the owner of
   * the operator's key.
   * @throws AtelierError `not_retryable`
   */
  retry(
    generationId: string,
    idempotency?: (IdempotencyUse & { ownerId: string }) | undefined,
  ): Promise<GenerationRow | null>
  /** Any owner's. */
  generation(id: string): Promise<GenerationRow | null>
  /**
   * Generations that may have to be requeued: running ones without a sign of life for `silentSeconds`, then queued ones
   * older than `olderThanSeconds` in their order, but none that is parked or whose model is paused. `total`: how many there are, whatever the limit.
   */
  overdue(input: {
    olderThanSeconds: number
    silentSeconds: number
    limit: number
  }): Promise<{ id: string; status: 'queued' | 'running'; queueTag: number; total: number }[]>
  /** Those of the objects' keys, in order, that no image names and no generation that has not ended may still write. */
  unnamedKeys(keys: string[]): Promise<string[]>
  /** Transactions that the database has carried out since its statistics began, up to a second ago. */
  transactions(): Promise<number>
  /** Deletes kept answers of all owners that are more than a day old. @returns how many */
  purgeAnswers(): Promise<number>
  /** How many generations of all owners have ended, by model, status and code. Deleted ones count, imported ones do not. */
  ended(): Promise<EndedCount[]>
  /** What waits and runs, by model and priority. */
  queueDepths(): Promise<QueueDepth[]>
  /** What has ended over time. */
  stats(window: Stats['window']): Promise<Stats>
  readonly actions: ActionLog
  /** Joins the counts of old minutes into hours and days. */
  joinOldStats(): Promise<void>
  /** Ended generations by owner and status, and their images; newest owner first. */
  usage(
    query: PageQuery,
  ): Promise<
    Page<{ ownerId: string; name: string; succeeded: number; failed: number; cancelled: number; images: number }>
  >
}

async function insertKey(tx: Queries, { name, scopes, expiresAt, ownerId }: NewKey & { ownerId: string }) {
  if (expiresAt !== undefined && Date.parse(expiresAt) <= Date.now())
    throw new AtelierError('invalid_request', '`expiresAt` must be in the future.')
  const token = newToken()
  const row = await tx.key.create({
    data: {
      id: newId('key'),
      ownerId,
      name,
      scopes: [...new Set(scopes)],
      tokenHash: hashToken(token),
      hint: hintOf(token),
      ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt) }),
    },
  })
  return { ...toKey(row), token }
}

const createKey = (client: PrismaClient, { ownerId, ...key }: NewKey, limits: OwnerLimits | undefined) =>
  transaction(client, async (tx) => {
    if (ownerId !== undefined && !(await tx.owner.findUnique({ where: { id: ownerId } }))) {
      throw new AtelierError('not_found', `There is no owner ${ownerId}.`)
    }
    if (ownerId !== undefined) await takeRoom(tx, ownerId, limits, { keys: 1 })
    const owner = ownerId ?? (await tx.owner.create({ data: { id: newId('owner'), name: key.name } })).id
    return insertKey(tx, { ...key, ownerId: owner })
  })

const rotateKey = (
  client: PrismaClient,
  id: string,
  { overlapSeconds, expiresAt }: Parameters<AdminRepository['rotateKey']>[1],
  limits: OwnerLimits | undefined,
): ReturnType<AdminRepository['rotateKey']> =>
  transaction(client, async (tx) => {
    const [old] = await tx.$queryRaw<(NewKey & { ownerId: string; lifetimeMs: number | null })[]>`
      SELECT owner_id AS "ownerId", name, scopes,
        (extract(epoch FROM expires_at - created_at) * 1000)::float8 AS "lifetimeMs"
      FROM keys WHERE id = ${id} AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) FOR UPDATE`
    if (!old) return null
    // the old one still counts until it ends
    await takeRoom(tx, old.ownerId, limits, { keys: 1 })
    const { lifetimeMs, ...like } = old
    const ends = expiresAt ?? (lifetimeMs === null ? undefined : new Date(Date.now() + lifetimeMs).toISOString())
    const key = await insertKey(tx, { ...like, ...(ends !== undefined && { expiresAt: ends }) })
    await tx.$executeRaw`
      UPDATE keys SET expires_at = least(expires_at, now() + make_interval(secs => ${overlapSeconds}::float8))
      WHERE id = ${id}`
    return key
  })

/** See {@link AdminRepository}. */
export const adminRepository = (client: PrismaClient, limits?: OwnerLimits): AdminRepository => ({
  ...storedFileRepository(client),
  ...housekeepingRepository(client),
  ...workerWatchRepository(client),
  ...workListRepository(client),
  ...runningOrderRepository(client),
  ...ownerListRepository(client),
  ...webhookListRepository(client),
  createKey: (key) => createKey(client, key, limits),
  rotateKey: (id, input) => rotateKey(client, id, input, limits),
  listKeys: ({ owner, ...query }) =>
    page(
      query,
      ({ where, ...rest }) => client.key.findMany({ where: { ...where, ...(owner && { ownerId: owner }) }, ...rest }),
      toKey,
    ),
  revokeKey: async (id) => {
    await client.$executeRaw`UPDATE keys SET revoked_at = now() WHERE id = ${id} AND revoked_at IS NULL`
    const row = await client.key.findUnique({ where: { id } })
    return row && toKey(row)
  },
  retry: (id, idempotency) => retryGeneration(client, id, { idempotency }),
  generation: async (id) => {
    const row = await client.generation.findUnique({ where: { id }, include: withImages })
    return row && toGeneration(row)
  },
  overdue: ({ olderThanSeconds, silentSeconds, limit }) => client.$queryRaw`
    SELECT id, status::text AS status, queue_tag AS "queueTag", COUNT(*) OVER ()::int AS total FROM generations
    WHERE ((status = 'queued' AND parked_at IS NULL AND queued_at < now() - make_interval(secs => ${olderThanSeconds}::float8))
       OR (status = 'running' AND heartbeat_at < now() - make_interval(secs => ${silentSeconds}::float8)))
      AND model NOT IN (SELECT model FROM paused_models)
    ORDER BY generations.status DESC, queue_tag, created_at, id LIMIT ${limit}::int`,
  unnamedKeys: async (keys) => {
    // one condition a column: with OR in one it would be read once for each key
    const rows = await client.$queryRaw<{ key: string }[]>`
      SELECT key FROM unnest(${keys}::text[]) WITH ORDINALITY AS given(key, position)
      WHERE NOT EXISTS (SELECT 1 FROM images WHERE object_key = key)
        AND NOT EXISTS (SELECT 1 FROM images WHERE thumbnail_key = key)
        AND NOT EXISTS (SELECT 1 FROM generations
          WHERE key LIKE 'generations/%' AND id = split_part(key, '/', 2) AND status IN ('queued', 'running'))
      ORDER BY position`
    return rows.map(({ key }) => key)
  },
  transactions: async () => {
    const rows = await client.$queryRaw<{ count: number }[]>`
      SELECT (xact_commit + xact_rollback)::float8 AS count FROM pg_stat_database WHERE datname = current_database()`
    return rows[0]!.count
  },
  purgeAnswers: () => client.$executeRaw`DELETE FROM idempotency_keys WHERE created_at < now() - interval '1 day'`,
  ended: () => endedCounts(client),
  queueDepths: () => queueDepths(client),
  joinOldStats: () => joinOldStats(client),
  stats: (window) => stats(client, window),
  actions: actionLog(client),
  usage: async (query) => {
    const owners = await page(
      query,
      (args) => client.owner.findMany(args),
      ({ id, name }) => ({ ownerId: id, name }),
    )
    const rows = await client.$queryRaw<
      { ownerId: string; succeeded: number; failed: number; cancelled: number; images: number }[]
    >`
      SELECT o.id AS "ownerId",
        COUNT(g.id) FILTER (WHERE g.status = 'succeeded')::int AS succeeded,
        COUNT(g.id) FILTER (WHERE g.status = 'failed')::int AS failed,
        COUNT(g.id) FILTER (WHERE g.status = 'cancelled')::int AS cancelled,
        COALESCE(SUM(i.images), 0)::int AS images
      FROM unnest(${owners.data.map(({ ownerId }) => ownerId)}::text[]) AS o(id)
      LEFT JOIN generations g ON g.owner_id = o.id AND g.status IN ('succeeded', 'failed', 'cancelled')
      LEFT JOIN LATERAL (SELECT COUNT(*) AS images FROM images WHERE generation_id = g.id) i ON true
      GROUP BY o.id`
    const counts = new Map(rows.map((row) => [row.ownerId, row]))
    return { ...owners, data: owners.data.map((owner) => ({ ...owner, ...counts.get(owner.ownerId)! })) }
  },
})
