import type {
  AdminSession,
  AdminSessionsQuery,
  ImageKind,
  OwnLimits,
  Owner,
  OwnersQuery,
  Page,
  Storage,
  UpdateLimits,
} from '@atelier/contracts'
import { storedLimitNames } from '@atelier/contracts'
import type { Owner as OwnerModel, PrismaClient, Session } from '../generated/client.js'
import { page } from '../prisma/page.js'
import { toSession } from '../prisma/rows.js'
import { transaction } from '../prisma/transaction.js'
import { lockOwner } from '../queue/fair-share.js'

/** What operators see and decide of owners and their sessions. */
export interface OwnerListRepository {
  /** Newest first. */
  owners(query: OwnersQuery): Promise<Page<Owner>>
  owner(id: string): Promise<Owner | null>
  /** Names of owners and keys; those that are gone are missing. */
  names(ids: readonly string[]): Promise<{ id: string; name: string }[]>
  /** Sets limits that hold for this owner alone, or (null) takes them back. @returns whether there is such an owner */
  setLimits(ownerId: string, change: UpdateLimits): Promise<boolean>
  /** Sessions of all owners, newest first. */
  sessions(query: AdminSessionsQuery): Promise<Page<AdminSession>>
  /** Puts a session on hold, or keeps it so for another reason. */
  hold(sessionId: string, reason: string | null): Promise<AdminSession | null>
  release(sessionId: string): Promise<AdminSession | null>
  /** How much is stored in all. */
  storedKinds(): Promise<Storage['kinds']>
  /** When a task was last begun, ISO 8601; null: never. */
  taskBegan(name: string): Promise<string | null>
}

interface Counts {
  id: string
  keys: number
  sessions: number
  heldSessions: number
  waiting: number
  running: number
  succeeded: number
  failed: number
  cancelled: number
}

const noCounts = {
  keys: 0,
  sessions: 0,
  heldSessions: 0,
  waiting: 0,
  running: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
}

interface StoredRow {
  ownerId: string
  kind: ImageKind
  images: number
  bytes: number
}

/** Adds what owners have to their rows, in two queries for all of them that indexes alone can answer. */
async function describe(client: PrismaClient, owners: OwnerModel[]): Promise<Owner[]> {
  const ids = owners.map(({ id }) => id)
  const countsRead = client.$queryRaw<Counts[]>`
    SELECT o.id, k.keys, s.sessions, h.held AS "heldSessions", g.waiting, g.running, g.succeeded, g.failed, g.cancelled
    FROM unnest(${ids}::text[]) AS o(id)
    CROSS JOIN LATERAL (SELECT count(*)::int AS keys FROM keys
      WHERE owner_id = o.id AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())) k
    CROSS JOIN LATERAL (SELECT count(*)::int AS sessions FROM sessions WHERE owner_id = o.id) s
    CROSS JOIN LATERAL (SELECT count(*)::int AS held FROM sessions WHERE owner_id = o.id AND held_at IS NOT NULL) h
    CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE status = 'queued')::int AS waiting,
        count(*) FILTER (WHERE status = 'running')::int AS running,
        count(*) FILTER (WHERE status = 'succeeded')::int AS succeeded,
        count(*) FILTER (WHERE status = 'failed')::int AS failed,
        count(*) FILTER (WHERE status = 'cancelled')::int AS cancelled
      FROM generations WHERE owner_id = o.id) g`
  const storedRead = client.$queryRaw<StoredRow[]>`
    SELECT owner_id AS "ownerId", kind::text AS kind, count(*)::int AS images, sum(bytes)::float8 AS bytes
    FROM images WHERE owner_id = ANY(${ids}::text[]) GROUP BY owner_id, images.kind ORDER BY images.kind`
  const [counts, stored] = await Promise.all([countsRead, storedRead])
  const byId = new Map(counts.map(({ id, ...rest }) => [id, rest]))
  return owners.map(({ id, name, createdAt, limits }) => ({
    id,
    name,
    createdAt: createdAt.toISOString(),
    ...(byId.get(id) ?? noCounts),
    storage: stored.flatMap(({ ownerId, ...kind }) => (ownerId === id ? [kind] : [])),
    ownLimits: storedLimitNames.filter((limit) => (limits as OwnLimits | null)?.[limit] !== undefined),
  }))
}

const toAdminSession = (row: Session): AdminSession => ({
  ...toSession(row),
  ownerId: row.ownerId,
  heldAt: row.heldAt?.toISOString() ?? null,
  holdReason: row.holdReason,
})

async function readSession(client: PrismaClient, id: string) {
  const row = await client.session.findUnique({ where: { id } })
  return row && toAdminSession(row)
}

/** See {@link OwnerListRepository}. */
export const ownerListRepository = (client: PrismaClient): OwnerListRepository => ({
  owners: async ({ search, ...query }) => {
    // Prisma takes the text for a pattern of LIKE
    const text = search?.replace(/[\\%_]/g, '\\$&')
    const found =
      text === undefined
        ? {}
        : { OR: [{ name: { contains: text, mode: 'insensitive' as const } }, { id: { startsWith: text } }] }
    const { data, nextCursor } = await page(
      query,
      ({ where, ...rest }) => client.owner.findMany({ where: { AND: [where, found] }, ...rest }),
      (row) => row,
    )
    return { data: await describe(client, data), nextCursor }
  },
  owner: async (id) => {
    const row = await client.owner.findUnique({ where: { id } })
    return row && (await describe(client, [row]))[0]!
  },
  names: (ids) => client.$queryRaw`
    SELECT id, name FROM owners WHERE id = ANY(${ids}::text[])
    UNION ALL SELECT id, name FROM keys WHERE id = ANY(${ids}::text[])`,
  setLimits: (ownerId, change) =>
    transaction(client, async (tx) => {
      const limits: Record<string, number | null | undefined> = { ...(await lockOwner(tx, ownerId)), ...change }
      const kept = Object.entries(limits).filter(([, most]) => typeof most === 'number')
      const changed = await tx.$executeRaw`
        UPDATE owners SET limits = ${kept.length ? JSON.stringify(Object.fromEntries(kept)) : null}::jsonb
        WHERE id = ${ownerId}`
      return changed > 0
    }),
  sessions: ({ owner, held, ...query }) =>
    page(
      query,
      ({ where, ...rest }) =>
        client.session.findMany({
          where: {
            ...where,
            ...(owner && { ownerId: owner }),
            ...(held !== undefined && { heldAt: held ? { not: null } : null }),
          },
          ...rest,
        }),
      toAdminSession,
    ),
  hold: async (id, holdReason) => {
    await client.$executeRaw`
      UPDATE sessions SET held_at = COALESCE(held_at, clock_timestamp()), hold_reason = ${holdReason} WHERE id = ${id}`
    return readSession(client, id)
  },
  release: async (id) => {
    await client.session.updateMany({ where: { id }, data: { heldAt: null, holdReason: null } })
    return readSession(client, id)
  },
  storedKinds: () => client.$queryRaw`
    SELECT kind::text AS kind, count(*)::int AS images, sum(bytes)::float8 AS bytes FROM images GROUP BY images.kind ORDER BY images.kind`,
  taskBegan: async (name) => (await client.task.findUnique({ where: { name } }))?.beganAt.toISOString() ?? null,
})
