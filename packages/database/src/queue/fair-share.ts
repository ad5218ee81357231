import type { OwnLimits, Priority } from '@atelier/contracts'
import { inTurn, type Statements } from '../prisma/statements.js'

// Fair queueing by tags. Every generation gets a tag when it is queued, and the lowest tag is claimed first. The tags of
// one owner's generations of a priority are a cost apart, counted from the virtual time, which is how far claiming has
// come: a long row of one owner reaches far into the future, and somebody else's first one comes right after what is
// being claimed. Nobody starves: all that comes later has a higher tag once the virtual time has reached one's own.

/** How far apart the tags of one owner are: where both wait, ten interactive generations run for each background one. */
export const costs: Readonly<Record<Priority, number>> = { interactive: 1, background: 10 }

/** BullMQ's highest number for the priority of a job, so also the highest tag; there everything is first come, first served. */
export const highestTag = 2 ** 21
/** The tag of one that an operator has put before all others. */
export const frontTag = 0
/** From here on the virtual time begins anew as soon as nothing is queued. */
const rebaseFrom = 2 ** 20

/**
 * The tags of new generations.
 *
 * @param lastTag - highest tag of the same owner and priority that still waits or runs, 0 = none
 */
export const nextTags = (virtualTime: number, lastTag: number, priority: Priority, count: number): number[] =>
  Array.from({ length: count }, (_, index) =>
    Math.min(highestTag, Math.max(virtualTime, lastTag) + costs[priority] * (index + 1)),
  )

/**
 * The virtual time that a claim stands for. A background generation moves it to where its cost began: what is
 * interactive and comes now still goes before the next one.
 */
export const claimedTime = ({ queueTag, priority }: { queueTag: number; priority: Priority }): number =>
  queueTag - costs[priority] + 1

/**
 * Takes the lock of an owner until the transaction ends. Always the last lock of a transaction: see `transaction`.
 *
 * @returns limits that hold for this owner alone
 */
export async function lockOwner(tx: Statements, ownerId: string): Promise<OwnLimits> {
  const [row] = await tx.$queryRaw<{ limits: OwnLimits | null }[]>`
    SELECT limits FROM owners WHERE id = ${ownerId} FOR NO KEY UPDATE`
  return row?.limits ?? {}
}

/** {@link nextTags} for generations that the caller is about to queue. The owner must be locked. */
export async function takeTags(tx: Statements, ownerId: string, priority: Priority, count: number): Promise<number[]> {
  // what still runs counts only if it was queued after the virtual time last began anew
  const [row] = await tx.$queryRaw<{ time: number; last: number }[]>`
    SELECT c.virtual_time AS time, COALESCE((
      SELECT max(g.queue_tag) FROM generations g
      WHERE g.owner_id = ${ownerId} AND g.priority = ${priority}::priority
        AND (g.status = 'queued' OR g.status = 'running' AND g.queue_tag <= c.virtual_time + ${costs.background}::int)
    ), 0) AS last FROM queue_clock c WHERE c.id = 1`
  return nextTags(row!.time, row!.last, priority, count)
}

/** Moves the virtual time on after a claim. Last statement of its transaction: all claims share this row. */
export async function moveTime(tx: Statements, claimed: { queueTag: number; priority: Priority }): Promise<void> {
  const time = claimedTime(claimed)
  await tx.$executeRaw`
    UPDATE queue_clock SET virtual_time = CASE
      WHEN ${time}::int >= ${rebaseFrom}::int AND NOT EXISTS (SELECT 1 FROM generations WHERE status = 'queued') THEN 0
      ELSE ${time}::int END
    WHERE id = 1 AND virtual_time < ${time}::int`
}

/** A claim came too early; others go first. */
export class ClaimTooEarlyError extends Error {
  override readonly name = 'ClaimTooEarlyError'

  /**
   * @param why - as a sentence
   * @param retryMs - when to try again, in milliseconds
   */
  constructor(
    why: string,
    readonly retryMs: number,
  ) {
    super(`${why} Try again in ${retryMs} ms.`)
  }
}

/** Pause before the first waiting generation of a busy owner is tried again; the others follow at this distance. */
const busyPauseMs = 500
const longestPauseMs = 10_000

/**
 * Makes sure that an owner may have one more running generation. Takes the owner's lock, so that workers that claim at
 * once cannot pass the limit together.
 *
 * @param most - unless the owner has a limit of its own
 * @throws ClaimTooEarlyError
 */
export async function checkRunning(
  tx: Statements,
  { ownerId, queueTag }: { ownerId: string; queueTag: number },
  most: number,
): Promise<void> {
  const [{ running = most }, [row]] = await inTurn(
    tx,
    () => lockOwner(tx, ownerId),
    () => tx.$queryRaw<{ running: number; ahead: number }[]>`
      SELECT COUNT(*) FILTER (WHERE status = 'running')::int AS running,
        COUNT(*) FILTER (WHERE status = 'queued' AND queue_tag < ${queueTag}::int)::int AS ahead
      FROM generations WHERE owner_id = ${ownerId} AND status IN ('queued', 'running')`,
  )
  if (row!.running < running) return
  const retryMs = Math.min(longestPauseMs, busyPauseMs * (row!.ahead + 1))
  throw new ClaimTooEarlyError('As many generations of this owner run as may.', retryMs)
}
