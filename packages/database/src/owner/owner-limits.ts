import { AtelierError, type OwnerLimits, type OwnLimits, type StoredLimitName } from '@atelier/contracts'
import type { PrismaClient } from '../generated/client.js'
import type { Queries } from '../prisma/create-client.js'
import { estimate } from '../queue/queue-place.js'
import { lockOwner } from '../queue/fair-share.js'

/** What is about to be added. */
export interface Needs extends Partial<Record<'waiting' | 'sessions' | 'images' | 'bytes' | 'keys', number>> {
  /** Turns that are added to a session. */
  turns?: { sessionId: string; count: number }
}

/** What an owner has and may have. */
export interface LimitsRepository {
  /** How much of each limit that the database enforces is used. */
  used(): Promise<Record<StoredLimitName, number>>
  /** Limits that hold for this owner alone, by name. */
  own(): Promise<OwnLimits>
  /**
   * Looks whether there is room, without a lock: the insert looks again. Spares work that would be in vain.
   *
   * @throws AtelierError `queue_full`, `limit_reached`, `storage_full`
   */
  check(needs: Needs): Promise<void>
}

const count = async (query: Promise<{ n: bigint | number }[]>): Promise<number> => Number((await query)[0]!.n)

/** How many of each an owner has. Images include those that queued and running generations will make. */
const counting = {
  waiting: (tx, ownerId) =>
    count(tx.$queryRaw`SELECT COUNT(*) AS n FROM generations WHERE owner_id = ${ownerId} AND status = 'queued'`),
  running: (tx, ownerId) =>
    count(tx.$queryRaw`SELECT COUNT(*) AS n FROM generations WHERE owner_id = ${ownerId} AND status = 'running'`),
  sessions: (tx, ownerId) => count(tx.$queryRaw`SELECT COUNT(*) AS n FROM sessions WHERE owner_id = ${ownerId}`),
  turnsPerSession: (tx, ownerId) =>
    count(tx.$queryRaw`
      SELECT COALESCE(MAX(turns), 0) AS n FROM (
        SELECT COUNT(*) AS turns FROM turns WHERE session_id IN (SELECT id FROM sessions WHERE owner_id = ${ownerId})
        GROUP BY session_id) AS sizes`),
  images: (tx, ownerId) =>
    count(tx.$queryRaw`
      SELECT (SELECT COUNT(*) FROM images WHERE owner_id = ${ownerId})
        + (SELECT COUNT(*) FROM generations WHERE owner_id = ${ownerId} AND status IN ('queued', 'running')) AS n`),
  bytes: (tx, ownerId) =>
    count(tx.$queryRaw`SELECT COALESCE(SUM(bytes), 0) AS n FROM images WHERE owner_id = ${ownerId}`),
  keys: (tx, ownerId) =>
    count(tx.$queryRaw`SELECT COUNT(*) AS n FROM keys
      WHERE owner_id = ${ownerId} AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`),
} satisfies Record<StoredLimitName, (tx: Queries, ownerId: string) => Promise<number>>

const words: Record<Exclude<StoredLimitName, 'running'>, string> = {
  waiting: 'waiting generations',
  sessions: 'sessions',
  turnsPerSession: 'turns in one session',
  images: 'images',
  bytes: 'bytes of images',
  keys: 'keys',
}

/** Without measured times a caller is asked to wait this long, in seconds. */
const unknownWait = 30
const longestWait = 3600

/** Seconds until the first waiting generation of an owner begins, which makes room for another one. */
async function secondsUntilRoom(tx: Queries, ownerId: string): Promise<number> {
  const [first] = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM generations WHERE owner_id = ${ownerId} AND status = 'queued'
    ORDER BY queue_tag, created_at, id LIMIT 1`
  const startMs = first ? (await estimate(tx, first.id)).startMs : 0
  return startMs === null ? unknownWait : Math.min(longestWait, Math.max(1, Math.ceil(startMs / 1000)))
}

async function refuse(
  tx: Queries,
  ownerId: string,
  limit: Exclude<StoredLimitName, 'running'>,
  { used, most, wanted }: { used: number; most: number; wanted: number },
): Promise<never> {
  const sentence = `At most ${most.toLocaleString('en')} ${words[limit]} are allowed: you have ${used.toLocaleString('en')}, this needs ${wanted.toLocaleString('en')} more.`
  const details = { limit, used, most, wanted }
  if (limit !== 'waiting')
    throw new AtelierError(limit === 'bytes' ? 'storage_full' : 'limit_reached', sentence, details)
  throw new AtelierError('queue_full', sentence, {
    ...details,
    retryAfterSeconds: await secondsUntilRoom(tx, ownerId),
  })
}

async function checkRoom(tx: Queries, ownerId: string, limits: OwnerLimits, needs: Needs): Promise<void> {
  const { turns, ...plain } = needs
  const look = async (limit: keyof typeof words, used: number, wanted: number) => {
    if (used + wanted > limits[limit]) await refuse(tx, ownerId, limit, { used, most: limits[limit], wanted })
  }
  if (turns?.count) {
    const { sessionId } = turns
    const used = await count(tx.$queryRaw`SELECT COUNT(*) AS n FROM turns WHERE session_id = ${sessionId}`)
    await look('turnsPerSession', used, turns.count)
  }
  for (const limit of ['waiting', 'sessions', 'images', 'bytes', 'keys'] as const) {
    const wanted = plain[limit] ?? 0
    if (wanted > 0) await look(limit, await counting[limit](tx, ownerId), wanted)
  }
}

/**
 * Takes the owner's lock and makes sure that what the caller is about to insert fits: whoever comes at the same time
 * waits, and then counts it. The owner's own limits go before those of the settings.
 *
 * @param limits - left out: nothing is limited, but the lock is taken
 * @throws AtelierError `queue_full`, `limit_reached`, `storage_full`
 */
export async function takeRoom(
  tx: Queries,
  ownerId: string,
  limits: OwnerLimits | undefined,
  needs: Needs,
): Promise<void> {
  const own = await lockOwner(tx, ownerId)
  if (limits) await checkRoom(tx, ownerId, { ...limits, ...own }, needs)
}

const ownLimits = async (client: Queries, ownerId: string): Promise<OwnLimits> => {
  const row = await client.owner.findUnique({ where: { id: ownerId }, select: { limits: true } })
  return (row?.limits ?? {}) as OwnLimits
}

/** See {@link LimitsRepository}. */
export const limitsRepository = (client: PrismaClient, ownerId: string, limits?: OwnerLimits): LimitsRepository => ({
  used: async () => {
    const names = Object.keys(counting) as StoredLimitName[]
    const used = await Promise.all(names.map(async (name) => [name, await counting[name](client, ownerId)] as const))
    return Object.fromEntries(used) as Record<StoredLimitName, number>
  },
  own: () => ownLimits(client, ownerId),
  check: async (needs) => {
    if (limits) await checkRoom(client, ownerId, { ...limits, ...(await ownLimits(client, ownerId)) }, needs)
  },
})
