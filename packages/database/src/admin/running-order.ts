import { AtelierError, type ModelLane, type OwnerLane, type WorkSummary } from '@atelier/contracts'
import type { PrismaClient } from '../generated/client.js'
import { lockGeneration } from '../log/lock-session.js'
import { queueAgain } from '../owner/generation-repository.js'
import type { Queries } from '../prisma/create-client.js'
import type { AdminGenerationRow, LockedGeneration } from '../prisma/rows.js'
import { transaction } from '../prisma/transaction.js'
import { frontTag } from '../queue/fair-share.js'
import { readAdminGeneration } from './work-list.js'

/**
 * Channel of Postgres's NOTIFY: what operators watch has changed. A generation's id is sent here; `workers` and `action` by
 * triggers.
 */
export const operatorsChannel = 'atelier_operators'

/** What operators see and change of the order in which generations are started. */
export interface RunningOrderRepository {
  /** Takes a queued one out of the order. Null when there is none. @throws AtelierError `not_queued` */
  park(id: string): Promise<AdminGenerationRow | null>
  /**
   * Puts a parked one back, at its old place. One that ended with `worker_lost` and was not put back yet is queued anew: its
   * end is for good, so that is another generation with the same seed.
   * @throws AtelierError `not_parked`
   */
  unpark(id: string): Promise<AdminGenerationRow | null>
  /** Puts a queued one before all others, after those that were put there earlier. @throws AtelierError `not_queued` */
  moveToFront(id: string): Promise<AdminGenerationRow | null>
  /** No generation of this model is started until it is resumed. */
  pauseModel(model: string): Promise<void>
  resumeModel(model: string): Promise<void>
  pausedModels(): Promise<{ model: string; since: string }[]>
  /** What waits and runs, by model and priority. */
  modelLanes(): Promise<ModelLane[]>
  /** What waits and runs, by owner and priority; those with most waiting first. `total`: how many there are. */
  ownerLanes(limit: number): Promise<{ data: OwnerLane[]; total: number }>
  /** What waits and runs, and what has ended lately. */
  workSummary(): Promise<WorkSummary>
}

const reorder = (
  client: PrismaClient,
  id: string,
  change: (tx: Queries, generation: LockedGeneration) => Promise<string | void>,
): Promise<AdminGenerationRow | null> =>
  transaction(client, async (tx) => {
    const generation = await lockGeneration(tx, id)
    if (!generation) return null
    const changed = (await change(tx, generation)) ?? id
    await tx.$executeRaw`SELECT pg_notify(${operatorsChannel}, ${changed})`
    return readAdminGeneration(tx, changed)
  })

interface LaneRow {
  priority: 'interactive' | 'background'
  waiting: number
  parked: number
  running: number
  oldestWaitSeconds: number | null
}

/** See {@link RunningOrderRepository}. */
export const runningOrderRepository = (client: PrismaClient): RunningOrderRepository => ({
  park: (id) =>
    reorder(client, id, async (tx, { status }) => {
      if (status !== 'queued') throw new AtelierError('not_queued')
      await tx.$executeRaw`
        UPDATE generations SET parked_at = COALESCE(parked_at, clock_timestamp()) WHERE id = ${id} AND status = 'queued'`
    }),
  unpark: (id) =>
    reorder(client, id, async (tx, generation) => {
      if (generation.status === 'queued' && generation.parkedAt) {
        await tx.$executeRaw`UPDATE generations SET parked_at = NULL WHERE id = ${id}`
        return undefined
      }
      if (!(await readAdminGeneration(tx, id))?.poison) throw new AtelierError('not_parked')
      return (await queueAgain(tx, generation, { retryOf: id }, {})).id
    }),
  moveToFront: (id) =>
    reorder(client, id, async (tx, { status, parkedAt }) => {
      if (status !== 'queued' || parkedAt) throw new AtelierError('not_queued')
      await tx.$executeRaw`UPDATE generations SET queue_tag = ${frontTag}::int WHERE id = ${id} AND status = 'queued'`
    }),
  pauseModel: async (model) => {
    await client.$executeRaw`INSERT INTO paused_models (model) VALUES (${model}) ON CONFLICT DO NOTHING`
  },
  resumeModel: async (model) => {
    await client.pausedModel.deleteMany({ where: { model } })
  },
  pausedModels: async () => {
    const rows = await client.pausedModel.findMany({ orderBy: { model: 'asc' }, take: 1000 })
    return rows.map(({ model, pausedAt }) => ({ model, since: pausedAt.toISOString() }))
  },
  modelLanes: () => client.$queryRaw<(LaneRow & { model: string })[]>`
    SELECT model, priority::text AS priority,
      count(*) FILTER (WHERE status = 'queued' AND parked_at IS NULL)::int AS waiting,
      count(*) FILTER (WHERE status = 'queued' AND parked_at IS NOT NULL)::int AS parked,
      count(*) FILTER (WHERE status = 'running')::int AS running,
      extract(epoch FROM clock_timestamp() - min(queued_at) FILTER (WHERE status = 'queued' AND parked_at IS NULL))::float8
        AS "oldestWaitSeconds"
    FROM generations WHERE status IN ('queued', 'running') GROUP BY model, priority ORDER BY model, priority`,
  ownerLanes: async (limit) => {
    const rows = await client.$queryRaw<(LaneRow & { ownerId: string; name: string; total: number })[]>`
      SELECT g.owner_id AS "ownerId", o.name, priority::text AS priority,
        count(*) FILTER (WHERE status = 'queued' AND parked_at IS NULL)::int AS waiting,
        count(*) FILTER (WHERE status = 'queued' AND parked_at IS NOT NULL)::int AS parked,
        count(*) FILTER (WHERE status = 'running')::int AS running,
        extract(epoch FROM clock_timestamp() - min(queued_at) FILTER (WHERE status = 'queued' AND parked_at IS NULL))::float8
          AS "oldestWaitSeconds",
        (count(*) OVER ())::int AS total
      FROM generations g JOIN owners o ON o.id = g.owner_id WHERE status IN ('queued', 'running')
      GROUP BY g.owner_id, o.name, priority ORDER BY waiting DESC, running DESC, g.owner_id, priority LIMIT ${limit}::int`
    return { data: rows.map(({ total: _total, ...row }) => row), total: rows[0]?.total ?? 0 }
  },
  workSummary: async () => {
    const [row] = await client.$queryRaw<WorkSummary[]>`
      SELECT w.*, e.* FROM (
        SELECT count(*) FILTER (WHERE status = 'queued' AND parked_at IS NULL)::int AS waiting,
          count(*) FILTER (WHERE status = 'queued' AND parked_at IS NOT NULL)::int AS parked,
          count(*) FILTER (WHERE status = 'running')::int AS running,
          extract(epoch FROM clock_timestamp() - min(queued_at) FILTER (WHERE status = 'queued' AND parked_at IS NULL))::float8
            AS "oldestWaitSeconds"
        FROM generations WHERE status IN ('queued', 'running')
      ) w, (
        SELECT coalesce(sum(count) FILTER (WHERE status = 'succeeded'), 0)::int AS "succeededLastHour",
          coalesce(sum(count) FILTER (WHERE status = 'failed'), 0)::int AS "failedLastHour",
          coalesce(sum(count) FILTER (WHERE status = 'cancelled'), 0)::int AS "cancelledLastHour",
          (coalesce(sum(count) FILTER (WHERE status = 'succeeded' AND period > now() - interval '10 minutes'), 0) / 10.0)::float8
            AS "perMinute"
        FROM generation_stats WHERE period > now() - interval '1 hour'
      ) e`
    return row!
  },
})
