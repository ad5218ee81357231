// A generation that failed: is that its own fault, or that of the worker it failed on?
import type { Failure } from '@atelier/contracts'
import type { PrismaClient } from '../generated/client.js'
import { endGeneration, LostClaimError } from '../log/end-generation.js'
import { appendEvents, queuedEvents } from '../log/event-log.js'
import type { LockedGeneration } from '../prisma/rows.js'
import { sqlTransaction } from '../prisma/transaction.js'
import type { Statements } from '../prisma/statements.js'
import { ClaimTooEarlyError } from '../queue/fair-share.js'
import { takesWork } from '../queue/queue-place.js'
import { lockClaim, type Claim } from './lock-claim.js'

/** A generation fails when its worker is lost this often, plus what {@link lostTooOften} excuses. */
const maxLostAttempts = 5
/** What it excuses at most: a generation that is started so often and never ends would start for ever. */
const mostLostAttempts = 20

/**
 * Whether one more lost worker makes it the generation's fault. Where workers are being killed for other reasons, innocent
 * generations lose theirs too and then succeed: as many losses as those had in the last hour are excused.
 */
export async function lostTooOften(tx: Statements, { lostAttempts }: LockedGeneration): Promise<boolean> {
  const lost = lostAttempts + 1
  if (lost < maxLostAttempts || lost >= mostLostAttempts) return lost >= mostLostAttempts
  const [row] = await tx.$queryRaw<{ excused: number }[]>`
    SELECT COALESCE(sum(lost_attempts), 0)::int AS excused FROM generations
    WHERE status = 'succeeded' AND queued_at > now() - interval '1 hour'`
  return lost >= maxLostAttempts + row!.excused
}

/** Attempts that fail on a worker before the generation fails: three, or two where no other worker could try it. */
const maxFailedAttempts = 3
const maxFailedAlone = 2

/** How many other workers could try a generation: alive, not unhealthy, and it has not failed on them. */
async function otherWorkers(tx: Statements, { model, failedBy }: LockedGeneration, workerId: string): Promise<number> {
  const [row] = await tx.$queryRaw<{ count: number }[]>`
    SELECT COUNT(*)::int AS count FROM workers
    WHERE id <> ALL(${[...failedBy, workerId]}) AND ${model} = ANY(models) AND ${takesWork}`
  return row!.count
}

/** A worker leaves a generation that failed on it to others for so long, in seconds; if they are all busy it tries again. */
const leaveSeconds = 15
const leavePauseMs = 1000

/**
 * Leaves a generation that failed on a worker to the other workers for a while.
 *
 * @throws ClaimTooEarlyError
 */
export async function leaveToOthers(tx: Statements, generation: LockedGeneration, workerId: string): Promise<void> {
  if (!generation.failedBy.includes(workerId)) return
  const [row] = await tx.$queryRaw<{ early: boolean }[]>`
    SELECT queued_at > now() - make_interval(secs => ${leaveSeconds}::float8) AS early FROM generations
    WHERE id = ${generation.id}`
  if (!row!.early || (await otherWorkers(tx, generation, workerId)) === 0) return
  throw new ClaimTooEarlyError('The generation failed on this worker; others try it first.', leavePauseMs)
}

/** Whether a failure that may be the worker's has become the generation's own. */
async function isOwnFault(tx: Statements, generation: LockedGeneration, workerId: string, failure: Failure) {
  if (failure.code === 'worker_lost') return lostTooOften(tx, generation)
  const failed = generation.failedAttempts + 1
  if (failed < maxFailedAlone || failed >= maxFailedAttempts) return failed >= maxFailedAttempts
  return (await otherWorkers(tx, generation, workerId)) === 0
}

/** See `WorkRepository.tryElsewhere`. */
export const tryElsewhere = (
  client: PrismaClient,
  claimed: Claim,
  workerId: string,
  failure: Failure,
): Promise<'queued' | 'ended'> =>
  sqlTransaction(client, async (tx) => {
    const generation = await lockClaim(tx, claimed)
    if (generation.cancelRequestedAt || (await isOwnFault(tx, generation, workerId, failure))) {
      const ending = { status: 'failed' as const, error: failure }
      await endGeneration(tx, generation, generation.cancelRequestedAt ? { status: 'cancelled' } : ending)
      return 'ended'
    }
    const lost = failure.code === 'worker_lost'
    const changed = await tx.$executeRaw`
      UPDATE generations
      SET status = 'queued', step = 0, worker_id = NULL, started_at = NULL, heartbeat_at = NULL, queued_at = now(),
          failed_attempts = failed_attempts + ${lost ? 0 : 1}::int, lost_attempts = lost_attempts + ${lost ? 1 : 0}::int,
          failed_by = array_append(array_remove(failed_by, ${workerId}), ${workerId})
      WHERE id = ${claimed.id} AND attempt = ${claimed.attempt}::int AND status = 'running'`
    if (changed !== 1) throw new LostClaimError(claimed)
    await tx.$executeRaw`
      UPDATE generation_attempts SET error = ${JSON.stringify(failure)}::jsonb
      WHERE generation_id = ${claimed.id} AND attempt = ${claimed.attempt}::int`
    await appendEvents(tx, generation.sessionId, await queuedEvents(tx, [generation], claimed.attempt))
    return 'queued'
  })
