import { AtelierError, type OwnerLimits, type OwnLimits, type StoredLimitName } from '@atelier/contracts'
import { Prisma, type PrismaClient } from '../generated/client.js'
import { estimate } from '../queue/queue-place.js'
import { lockOwner } from '../queue/fair-share.js'
import { inTurn, statementsOf, type Statements } from '../prisma/statements.js'

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

/** How many of each an owner has, as expressions. Images include those that queued and running generations will make. */
const counting: Record<StoredLimitName, (ownerId: string) => Prisma.Sql> = {
  waiting: (ownerId) => Prisma.sql`SELECT COUNT(*) FROM generations WHERE owner_id = ${ownerId} AND status = 'queued'`,
  running: (ownerId) => Prisma.sql`SELECT COUNT(*) FROM generations WHERE owner_id = ${ownerId} AND status = 'running'`,
  sessions: (ownerId) => Prisma.sql`SELECT COUNT(*) FROM sessions WHERE owner_id = ${ownerId}`,
  turnsPerSession: (ownerId) => Prisma.sql`
    SELECT COALESCE(MAX(turns), 0) FROM (
      SELECT COUNT(*) AS turns FROM turns WHERE session_id IN (SELECT id FROM sessions WHERE owner_id = ${ownerId})
      GROUP BY session_id) AS sizes`,
  images: (ownerId) => Prisma.sql`
    SELECT (SELECT COUNT(*) FROM images WHERE owner_id = ${ownerId})
      + (SELECT COUNT(*) FROM generations WHERE owner_id = ${ownerId} AND status IN ('queued', 'running'))`,
  bytes: (ownerId) => Prisma.sql`SELECT COALESCE(SUM(bytes), 0) FROM images WHERE owner_id = ${ownerId}`,
  keys: (ownerId) => Prisma.sql`SELECT COUNT(*) FROM keys
    WHERE owner_id = ${ownerId} AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
}

/** Asks for several counts, and for the limits that hold for this owner alone, in one statement. */
async function countAll<Name extends StoredLimitName>(
  tx: Statements,
  ownerId: string,
  expressions: readonly (readonly [Name, Prisma.Sql])[],
): Promise<{ used: Record<Name, number>; own: OwnLimits }> {
  const columns = expressions.map(([name, sql]) => Prisma.sql`(${sql})::float8 AS ${Prisma.raw(`"${name}"`)}`)
  const [row] = await tx.$queryRaw<(Record<Name, number> & { own: OwnLimits | null })[]>`
    SELECT ${Prisma.join(columns)}, (SELECT limits FROM owners WHERE id = ${ownerId}) AS own`
  const { own, ...used } = row!
  return { used: used as unknown as Record<Name, number>, own: own ?? {} }
}

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
async function secondsUntilRoom(tx: Statements, ownerId: string): Promise<number> {
  const [first] = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM generations WHERE owner_id = ${ownerId} AND status = 'queued'
    ORDER BY queue_tag, created_at, id LIMIT 1`
  const startMs = first ? (await estimate(tx, first.id)).startMs : 0
  return startMs === null ? unknownWait : Math.min(longestWait, Math.max(1, Math.ceil(startMs / 1000)))
}

async function refuse(
  tx: Statements,
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

async function checkRoom(tx: Statements, ownerId: string, limits: OwnerLimits, needs: Needs): Promise<void> {
  const { turns, ...plain } = needs
  const wanted = { turnsPerSession: turns?.count ?? 0, waiting: 0, sessions: 0, images: 0, bytes: 0, keys: 0, ...plain }
  const names = (Object.keys(wanted) as (keyof typeof wanted)[]).filter((name) => wanted[name] > 0)
  if (!names.length) return
  const inSession = Prisma.sql`SELECT COUNT(*) FROM turns WHERE session_id = ${turns?.sessionId}`
  const { used, own } = await countAll(
    tx,
    ownerId,
    names.map((name) => [name, name === 'turnsPerSession' ? inSession : counting[name](ownerId)] as const),
  )
  for (const name of names) {
    const { [name]: most = limits[name] } = own
    if (used[name] + wanted[name] > most)
      await refuse(tx, ownerId, name, { used: used[name], most, wanted: wanted[name] })
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
  tx: Statements,
  ownerId: string,
  limits: OwnerLimits | undefined,
  needs: Needs,
): Promise<void> {
  await inTurn(
    tx,
    () => lockOwner(tx, ownerId),
    async () => limits && checkRoom(tx, ownerId, limits, needs),
  )
}

const ownLimits = async (tx: Statements, ownerId: string): Promise<OwnLimits> => {
  const [row] = await tx.$queryRaw<{ limits: OwnLimits | null }[]>`SELECT limits FROM owners WHERE id = ${ownerId}`
  return row?.limits ?? {}
}

/** See {@link LimitsRepository}. */
export const limitsRepository = (client: PrismaClient, ownerId: string, limits?: OwnerLimits): LimitsRepository => ({
  used: async () => {
    const names = Object.keys(counting) as StoredLimitName[]
    const { used } = await countAll(
      statementsOf(client),
      ownerId,
      names.map((name) => [name, counting[name](ownerId)] as const),
    )
    return used
  },
  own: () => ownLimits(statementsOf(client), ownerId),
  check: async (needs) => {
    if (limits) await checkRoom(statementsOf(client), ownerId, limits, needs)
  },
})
