import type { Failure, WorkerReport, WorkerWishes } from '@atelier/contracts'
import type { PrismaClient } from '../generated/client.js'
import { endGeneration, LostClaimError, type Ending, type WorkResult } from '../log/end-generation.js'
import { appendEvents, queuedEvents } from '../log/event-log.js'
import { sqlTransaction } from '../prisma/transaction.js'
import { statementsOf, type Statements } from '../prisma/statements.js'
import { claim, type ClaimedGeneration } from './claim.js'
import { lockClaim, type Claim } from './lock-claim.js'
import { tryElsewhere } from './try-elsewhere.js'

/**
 * What a worker reports. `batchSize`: default 1. `restarted`: how often it has restarted its model's process because an
 * operator wanted it, default 0.
 */
export type NewWorkerReport = Omit<WorkerReport, 'lastSeenAt' | 'batchSize' | 'version' | 'memoryBytes'> &
  Partial<Pick<WorkerReport, 'batchSize' | 'version' | 'memoryBytes'>> & { restarted?: number }

/** The worker's side. */
export interface WorkRepository {
  /**
   * `queued`, or `running` by a worker that lost it → `running`, attempt + 1, event `generation-started`. One that lost
   * its worker five times fails with `worker_lost` instead, later where generations lose their workers and then succeed;
   * starts that ended with `release` do not count, so release what failed for want of a queue or store.
   *
   * @param runningPerOwner - most generations of its owner that may run at once, this one included; left out: any number
   * @returns null when there is nothing to do (ended, gone, parked, its model paused)
   * @throws ClaimTooEarlyError when as many of its owner run as may, or it failed on this worker and others may try it:
   *   nothing has changed, try again later
   */
  claim(generationId: string, workerId: string, runningPerOwner?: number): Promise<ClaimedGeneration | null>
  /** Records the last finished step and that the attempt is alive. @throws LostClaimError */
  step(claim: Claim, step: number): Promise<{ cancelRequested: boolean }>
  /**
   * One transaction: image rows, `succeeded`, event. When somebody has asked to cancel it, it ends `cancelled` instead,
   * without images.
   * @throws LostClaimError
   */
  succeed(claim: Claim, result: WorkResult): Promise<'succeeded' | 'cancelled'>
  /** @throws LostClaimError */
  fail(claim: Claim, failure: Failure, timings?: Record<string, number>): Promise<void>
  /**
   * An attempt failed in a way that may be the fault of the worker: back to `queued`, to be tried by another worker first,
   * event `generation-queued`. It ends `failed` with the failure when it has failed so three times, or twice and no other
   * worker could try it; for `worker_lost` when it was lost as often as {@link claim} bears. When somebody has asked to
   * cancel it, it ends `cancelled` instead.
   * @throws LostClaimError
   */
  tryElsewhere(claim: Claim, workerId: string, failure: Failure): Promise<'queued' | 'ended'>
  /** @throws LostClaimError */
  cancelled(claim: Claim): Promise<void>
  /**
   * Back to `queued` (the worker is stopping), so that another worker takes it; event `generation-queued`. When somebody
   * has asked to cancel it, it ends `cancelled` instead.
   * @throws LostClaimError
   */
  release(claim: Claim): Promise<void>
  /**
   * Stores the worker's report, `lastSeenAt` by the database's clock; removes reports that are more than a day old.
   *
   * @returns what operators want of it
   */
  report(report: NewWorkerReport): Promise<WorkerWishes>
  /** Removes the worker's report. */
  forget(workerId: string): Promise<void>
}

/**
 * One statement, no lock but the row's own: it runs after every step. Its commit does not wait for the disk: a step that a
 * crash of the database forgets was only progress.
 */
async function step(client: Statements, claimed: Claim, done: number): Promise<{ cancelRequested: boolean }> {
  const rows = await client.$queryRaw<{ cancelRequested: boolean }[]>`
    UPDATE generations SET step = ${done}::int, heartbeat_at = clock_timestamp()
    WHERE id = ${claimed.id} AND attempt = ${claimed.attempt}::int AND status = 'running'
    RETURNING cancel_requested_at IS NOT NULL AS "cancelRequested", set_config('synchronous_commit', 'off', true)`
  if (!rows[0]) throw new LostClaimError(claimed)
  return { cancelRequested: rows[0].cancelRequested }
}

const end = (client: PrismaClient, claimed: Claim, ending: Ending): Promise<void> =>
  sqlTransaction(client, async (tx) => endGeneration(tx, await lockClaim(tx, claimed), ending))

const succeed = (client: PrismaClient, claimed: Claim, result: WorkResult): Promise<'succeeded' | 'cancelled'> =>
  sqlTransaction(client, async (tx) => {
    const generation = await lockClaim(tx, claimed)
    const ending: Ending = generation.cancelRequestedAt ? { status: 'cancelled' } : { status: 'succeeded', ...result }
    await endGeneration(tx, generation, ending)
    return ending.status as 'succeeded' | 'cancelled'
  })

const release = (client: PrismaClient, claimed: Claim): Promise<void> =>
  sqlTransaction(client, async (tx) => {
    const generation = await lockClaim(tx, claimed)
    if (generation.cancelRequestedAt) return endGeneration(tx, generation, { status: 'cancelled' })
    const changed = await tx.$executeRaw`
      UPDATE generations
      SET status = 'queued', step = 0, worker_id = NULL, started_at = NULL, heartbeat_at = NULL, queued_at = now()
      WHERE id = ${claimed.id} AND attempt = ${claimed.attempt}::int AND status = 'running'`
    if (changed !== 1) throw new LostClaimError(claimed)
    await appendEvents(tx, generation.sessionId, await queuedEvents(tx, [generation], claimed.attempt))
  })

async function report(client: Statements, worker: NewWorkerReport): Promise<WorkerWishes> {
  const {
    id,
    state,
    device,
    deviceRequested,
    deviceFallback,
    loading,
    unhealthyReason,
    models,
    hostname,
    pid,
    generationId,
    startedAt,
    batchSize = 1,
    version = null,
    memoryBytes = null,
    restarted = 0,
  } = worker
  const [wishes] = await client.$queryRaw<WorkerWishes[]>`
    WITH gone AS (DELETE FROM workers WHERE last_seen_at < now() - interval '1 day' AND id <> ${id})
    INSERT INTO workers (id, state, device, device_requested, device_fallback, loading, unhealthy_reason, models, hostname, pid, generation_id, started_at,
      batch_size, version, memory_bytes, restarted, last_seen_at)
    VALUES (${id}, ${state}, ${device}, ${deviceRequested}, ${deviceFallback},
      ${loading && JSON.stringify(loading)}::jsonb, ${unhealthyReason}, ${models}, ${hostname}, ${pid}, ${generationId}, ${new Date(startedAt)},
      ${batchSize}::int, ${version}, ${memoryBytes}::bigint, ${restarted}::int, clock_timestamp())
    ON CONFLICT (id) DO UPDATE
    SET state = excluded.state, device = excluded.device,
        device_requested = excluded.device_requested, device_fallback = excluded.device_fallback,
        loading = excluded.loading, unhealthy_reason = excluded.unhealthy_reason, models = excluded.models,
        hostname = excluded.hostname, pid = excluded.pid, generation_id = excluded.generation_id,
        started_at = excluded.started_at, batch_size = excluded.batch_size, version = excluded.version, memory_bytes = excluded.memory_bytes,
        restarted = excluded.restarted, last_seen_at = excluded.last_seen_at
    RETURNING drain, restarts`
  return wishes!
}

/** See {@link WorkRepository}. */
export const workRepository = (client: PrismaClient): WorkRepository => ({
  claim: (generationId, workerId, runningPerOwner) => claim(client, generationId, workerId, runningPerOwner),
  step: (claimed, done) => step(statementsOf(client), claimed, done),
  succeed: (claimed, result) => succeed(client, claimed, result),
  fail: (claimed, error, timings) => end(client, claimed, { status: 'failed', error, ...(timings && { timings }) }),
  tryElsewhere: (claimed, workerId, failure) => tryElsewhere(client, claimed, workerId, failure),
  cancelled: (claimed) => end(client, claimed, { status: 'cancelled' }),
  release: (claimed) => release(client, claimed),
  report: (worker) => report(statementsOf(client), worker),
  forget: async (id) => {
    await client.worker.deleteMany({ where: { id } })
  },
})
