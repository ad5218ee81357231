import type { Worker } from '@atelier/contracts'
import type { PrismaClient } from '../generated/client.js'
import { toWorker, type RunningRow, type WorkerRow } from '../prisma/rows.js'
import { workerSeconds } from '../queue/queue-place.js'

/** Most workers of one answer. */
export const mostWorkers = 500

/** What operators see and want of workers. */
export interface WorkerWatchRepository {
  /**
   * Workers that reported within the time, newest first, at most {@link mostWorkers}. One that has been silent for
   * {@link workerSeconds} is `lost`.
   */
  workers(withinSeconds: number): Promise<Worker[]>
  /**
   * Stores what is wanted of a worker, which hears of it with its next report.
   *
   * @returns the worker; null when there is none
   */
  wish(workerId: string, wish: { drain: boolean } | 'restart'): Promise<Worker | null>
}

const read = async (client: PrismaClient, { id = null, within }: { id?: string | null; within: number }) => {
  const rows = await client.$queryRaw<WorkerRow[]>`
    SELECT w.id, CASE WHEN w.last_seen_at < now() - make_interval(secs => ${workerSeconds}::float8) THEN 'lost' ELSE w.state END
        AS state,
      w.device, w.device_requested AS "deviceRequested", w.device_fallback AS "deviceFallback", w.loading,
      w.unhealthy_reason AS "unhealthyReason", w.models, w.batch_size AS "batchSize", w.version, w.memory_bytes::float8 AS "memoryBytes", w.hostname, w.pid,
      w.generation_id AS "generationId", w.started_at AS "startedAt", w.last_seen_at AS "lastSeenAt",
      CASE WHEN w.last_seen_at < now() - make_interval(secs => ${workerSeconds}::float8) THEN w.last_seen_at
        ELSE w.state_since END AS "stateSince",
      w.drain, w.restarts > w.restarted AS restarting
    FROM workers w
    WHERE (${id}::text IS NULL OR w.id = ${id}) AND w.last_seen_at > now() - make_interval(secs => ${within}::float8)
    ORDER BY w.started_at DESC, w.id LIMIT ${mostWorkers}::int`
  const running = await client.$queryRaw<RunningRow[]>`
    SELECT worker_id AS "workerId", id, owner_id AS "ownerId", session_id AS "sessionId", model, attempt, step,
      (parameters->>'steps')::int AS steps, started_at AS "startedAt"
    FROM generations WHERE status = 'running' AND worker_id = ANY(${rows.map((row) => row.id)}::text[])
    ORDER BY started_at, id`
  return rows.map((row) =>
    toWorker(
      row,
      running.filter(({ workerId }) => workerId === row.id),
    ),
  )
}

/** How long reports are kept, in seconds. */
const keptSeconds = 86_400

/** See {@link WorkerWatchRepository}. */
export const workerWatchRepository = (client: PrismaClient): WorkerWatchRepository => ({
  workers: (within) => read(client, { within }),
  wish: async (id, wish) => {
    await client.worker.updateMany({
      where: { id },
      data: wish === 'restart' ? { restarts: { increment: 1 } } : { drain: wish.drain },
    })
    return (await read(client, { id, within: keptSeconds }))[0] ?? null
  },
})
