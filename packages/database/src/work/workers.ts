import type { Queries } from '../prisma/create-client.js'
import type { WorkRepository } from '../repositories.js'

/** Stores a worker's report, and removes reports of workers that have been silent for a day. */
export async function report(client: Queries, worker: Parameters<WorkRepository['report']>[0]): Promise<void> {
  const {
    id,
    state,
    device,
    deviceRequested,
    deviceFallback,
    loading,
    models,
    hostname,
    pid,
    generationId,
    startedAt,
  } = worker
  await client.$executeRaw`
    WITH gone AS (DELETE FROM workers WHERE last_seen_at < now() - interval '1 day' AND id <> ${id})
    INSERT INTO workers (id, state, device, device_requested, device_fallback, loading, models, hostname, pid, generation_id, started_at, last_seen_at)
    VALUES (${id}, ${state}, ${device}, ${deviceRequested}, ${deviceFallback},
      ${loading && JSON.stringify(loading)}::jsonb, ${models}, ${hostname}, ${pid}, ${generationId}, ${new Date(startedAt)},
      clock_timestamp())
    ON CONFLICT (id) DO UPDATE
    SET state = excluded.state, device = excluded.device,
        device_requested = excluded.device_requested, device_fallback = excluded.device_fallback,
        loading = excluded.loading, models = excluded.models,
        hostname = excluded.hostname, pid = excluded.pid, generation_id = excluded.generation_id,
        started_at = excluded.started_at, last_seen_at = excluded.last_seen_at`
}
