import {
  AtelierError,
  newId,
  type Generation,
  type Key,
  type OwnerLimits,
  type Page,
  type PageQuery,
  type Scope,
  type WorkerReport,
} from '@atelier/contracts'
import type { PrismaClient } from '../generated/client.js'
import { takeRoom } from '../owner/owner-limits.js'
import { retryGeneration } from '../owner/generation-repository.js'
import { page } from '../prisma/page.js'
import { toGeneration, toKey, toWorker, withImages, type GenerationRow } from '../prisma/rows.js'
import { transaction } from '../prisma/transaction.js'
import { storedFileRepository, type StoredFileRepository } from './stored-files.js'
import { hashToken, hintOf, newToken } from './token.js'

/** What a new key needs. */
interface NewKey {
  /** Left out: a new owner of the key's name is made. */
  ownerId?: string
  name: string
  scopes: Scope[]
  /** Left out: a random one. */
  token?: string
}

/** The operator's side: keys, workers, and the work of all owners. */
export interface AdminRepository extends StoredFileRepository {
  /**
   * Makes a key. Its token is returned once and stored only as a SHA-256 hash. For a `token` that exists already its key
   * is returned unchanged.
   * @throws AtelierError `not_found` for an unknown owner, `limit_reached` when the owner has too many
   */
  createKey(key: NewKey): Promise<Key & { token: string }>
  listKeys(query: PageQuery): Promise<Page<Key>>
  /** @returns the key, which stays revoked for good; null when there is none */
  revokeKey(id: string): Promise<Key | null>
  /** Workers that reported within the time, newest first. */
  workers(withinSeconds: number): Promise<WorkerReport[]>
  generations(query: PageQuery & { status?: Generation['status'] }): Promise<Page<GenerationRow & { ownerId: string }>>
  /** Runs one that has ended again on behalf of any owner, with the same seed. @throws AtelierError `not_retryable` */
  retry(generationId: string): Promise<GenerationRow | null>
  /**
   * Generations that may have to be requeued, oldest first: queued ones older than `olderThanSeconds`, and running ones
   * without a sign of life for `silentSeconds`.
   */
  overdue(input: {
    olderThanSeconds: number
    silentSeconds: number
    limit: number
  }): Promise<{ id: string; status: 'queued' | 'running'; queueTag: number }[]>
  /** Those of the objects' keys, in order, that no image names and no generation that has not ended may still write. */
  unnamedKeys(keys: string[]): Promise<string[]>
  /** Ended generations by owner and status, and their images. */
  usage(): Promise<
    { ownerId: string; name: string; succeeded: number; failed: number; cancelled: number; images: number }[]
  >
}

const createKey = (
  client: PrismaClient,
  { ownerId, name, scopes, token = newToken() }: NewKey,
  limits: OwnerLimits | undefined,
) =>
  transaction(client, async (tx) => {
    const tokenHash = hashToken(token)
    const existing = await tx.key.findUnique({ where: { tokenHash } })
    if (existing) return { ...toKey(existing), token }
    if (ownerId !== undefined && !(await tx.owner.findUnique({ where: { id: ownerId } }))) {
      throw new AtelierError('not_found', `There is no owner ${ownerId}.`)
    }
    if (ownerId !== undefined) await takeRoom(tx, ownerId, limits, { keys: 1 })
    const owner = ownerId ?? (await tx.owner.create({ data: { id: newId('owner'), name } })).id
    const key = await tx.key.create({
      data: { id: newId('key'), ownerId: owner, name, scopes, tokenHash, hint: hintOf(token) },
    })
    return { ...toKey(key), token }
  })

/** See {@link AdminRepository}. */
export const adminRepository = (client: PrismaClient, limits?: OwnerLimits): AdminRepository => ({
  ...storedFileRepository(client),
  createKey: (key) => createKey(client, key, limits),
  listKeys: (query) => page(query, (args) => client.key.findMany(args), toKey),
  revokeKey: async (id) => {
    await client.$executeRaw`UPDATE keys SET revoked_at = now() WHERE id = ${id} AND revoked_at IS NULL`
    const row = await client.key.findUnique({ where: { id } })
    return row && toKey(row)
  },
  workers: async (withinSeconds) => {
    const seen = await client.$queryRaw<{ id: string }[]>`
      SELECT id FROM workers WHERE last_seen_at > now() - make_interval(secs => ${withinSeconds}::float8)`
    const rows = await client.worker.findMany({
      where: { id: { in: seen.map(({ id }) => id) } },
      orderBy: [{ startedAt: 'desc' }, { id: 'asc' }],
    })
    return rows.map(toWorker)
  },
  generations: ({ status, ...query }) =>
    page(
      query,
      ({ where, ...rest }) =>
        client.generation.findMany({ where: { ...where, ...(status && { status }) }, include: withImages, ...rest }),
      (row) => ({ ...toGeneration(row), ownerId: row.ownerId }),
    ),
  retry: (id) => retryGeneration(client, id),
  overdue: ({ olderThanSeconds, silentSeconds, limit }) => client.$queryRaw`
    SELECT id, status::text AS status, queue_tag AS "queueTag" FROM generations
    WHERE (status = 'queued' AND queued_at < now() - make_interval(secs => ${olderThanSeconds}::float8))
       OR (status = 'running' AND heartbeat_at < now() - make_interval(secs => ${silentSeconds}::float8))
    ORDER BY queued_at, id LIMIT ${limit}::int`,
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
  usage: () => client.$queryRaw`
    SELECT o.id AS "ownerId", o.name,
      COUNT(g.id) FILTER (WHERE g.status = 'succeeded')::int AS succeeded,
      COUNT(g.id) FILTER (WHERE g.status = 'failed')::int AS failed,
      COUNT(g.id) FILTER (WHERE g.status = 'cancelled')::int AS cancelled,
      COALESCE(SUM(i.images), 0)::int AS images
    FROM owners o
    LEFT JOIN generations g ON g.owner_id = o.id AND g.status IN ('succeeded', 'failed', 'cancelled')
    LEFT JOIN (SELECT generation_id, COUNT(*) AS images FROM images GROUP BY generation_id) i
      ON i.generation_id = g.id
    GROUP BY o.id ORDER BY o.created_at, o.id`,
})
