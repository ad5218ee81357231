// Counts of what has ended, kept in small rows: charts and metrics read them instead of every generation.
import type { Stats } from '@atelier/contracts'
import { Prisma, type PrismaClient } from '../generated/client.js'
import type { Statements } from '../prisma/statements.js'

/** Upper bounds of the ranges by which waits and runs are counted, in seconds; the last range has none. */
export const statBounds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800] as const

/** Minutes become hours when they are so many days old, and hours become days. */
const joins = [
  { unit: 'hour', afterDays: 2 },
  { unit: 'day', afterDays: 60 },
] as const

const columns = Prisma.sql`(period, model, status, code, wait_range, run_range, count, wait_seconds, run_seconds)`
const added = Prisma.sql`
  ON CONFLICT (period, model, status, code, wait_range, run_range) DO UPDATE
  SET count = s.count + excluded.count, wait_seconds = s.wait_seconds + excluded.wait_seconds,
      run_seconds = s.run_seconds + excluded.run_seconds`

/** Counts a generation that the caller's transaction has just ended. Many share a row: call it last. */
export async function recordEnd(tx: Statements, generationId: string): Promise<void> {
  await tx.$executeRaw`
    WITH ended AS (
      SELECT *, extract(epoch FROM started_at - queued_at)::float8 AS wait,
        extract(epoch FROM finished_at - started_at)::float8 AS run, ${[...statBounds]}::float8[] AS bounds
      FROM generations WHERE id = ${generationId}
    )
    INSERT INTO generation_stats AS s ${columns}
    SELECT date_trunc('minute', finished_at), model, status, COALESCE(error->>'code', ''),
      COALESCE(width_bucket(wait, bounds), -1), COALESCE(width_bucket(run, bounds), -1), 1,
      COALESCE(wait, 0), COALESCE(run, 0)
    FROM ended ${added}`
}

/** Joins old minutes into hours, and old hours into days, so that the table stays small. */
export async function joinOldStats(client: PrismaClient): Promise<void> {
  for (const { unit, afterDays } of joins)
    await client.$executeRaw`
      WITH old AS (
        DELETE FROM generation_stats
        WHERE period < date_trunc('day', now() - make_interval(days => ${afterDays}::int))
          AND period <> date_trunc(${unit}, period)
        RETURNING *
      )
      INSERT INTO generation_stats AS s ${columns}
      SELECT date_trunc(${unit}, period) AS start, model, status, code, wait_range, run_range,
        sum(count), sum(wait_seconds), sum(run_seconds)
      FROM old GROUP BY start, model, status, code, wait_range, run_range ${added}`
}

/** How many generations have ended in all. */
export interface EndedCount {
  model: string
  status: 'succeeded' | 'failed' | 'cancelled'
  /** Of a failure; else empty. */
  code: string
  count: number
}

/** All that has ended, by model, status and code. */
export const endedCounts = (client: Statements): Promise<EndedCount[]> => client.$queryRaw`
  SELECT model, status::text AS status, code, sum(count)::int AS count FROM generation_stats
  GROUP BY model, status, code ORDER BY model, status, code`

/** What waits or runs of one model and priority, without what is parked. */
export interface QueueDepth {
  model: string
  priority: 'interactive' | 'background'
  status: 'queued' | 'running'
  count: number
  /** Seconds since the oldest was queued. */
  oldestSeconds: number
}

/** The queue by model and priority, as the database knows it. */
export const queueDepths = (client: Statements): Promise<QueueDepth[]> => client.$queryRaw`
  SELECT model, priority::text AS priority, status::text AS status, count(*)::int AS count,
    extract(epoch FROM clock_timestamp() - min(queued_at))::float8 AS "oldestSeconds"
  FROM generations WHERE status = 'running' OR status = 'queued' AND parked_at IS NULL
  GROUP BY model, priority, status`

/** How far back, and the length of a point, in seconds. */
const windows = {
  hour: { back: 3600, seconds: 60 },
  day: { back: 86_400, seconds: 900 },
  week: { back: 604_800, seconds: 7200 },
} as const

/**
 * A quantile of what was counted by ranges, in seconds: its range by the count, and evenly within it. Above the last bound
 * it is that bound.
 *
 * @param counts - by range of {@link statBounds}
 */
export function quantile(counts: readonly number[], share: number): number {
  const rank = share * counts.reduce((sum, count) => sum + count, 0)
  let below = 0
  for (const [range, count] of counts.entries()) {
    if (count > 0 && below + count >= rank) {
      const low = statBounds[range - 1] ?? 0
      const high = statBounds[range] ?? low
      return low + ((high - low) * (rank - below)) / count
    }
    below += count
  }
  return 0
}

function quantiles(rows: readonly StatRow[], range: 'waitRange' | 'runRange') {
  const counts = Array.from({ length: statBounds.length + 1 }, () => 0)
  for (const row of rows) if (row[range] >= 0) counts[row[range]]! += row.count
  return counts.some(Boolean) ? { p50: quantile(counts, 0.5), p95: quantile(counts, 0.95) } : null
}

interface StatRow {
  at: Date
  status: EndedCount['status']
  waitRange: number
  runRange: number
  count: number
}

/** What has ended over time, for charts. */
export async function stats(client: Statements, window: Stats['window']): Promise<Stats> {
  const { back, seconds } = windows[window]
  const rows = await client.$queryRaw<StatRow[]>`
    SELECT date_bin(make_interval(secs => ${seconds}::float8), period, '2000-01-01') AS at, status::text AS status,
      wait_range AS "waitRange", run_range AS "runRange", sum(count)::int AS count
    FROM generation_stats
    WHERE period > now() - make_interval(secs => ${back}::float8)
    GROUP BY at, status, wait_range, run_range`
  const [clock] = await client.$queryRaw<{ newest: Date }[]>`
    SELECT date_bin(make_interval(secs => ${seconds}::float8), now(), '2000-01-01') AS newest`
  const length = back / seconds
  const points = Array.from({ length }, (_, n) => {
    const at = clock!.newest.getTime() - (length - 1 - n) * seconds * 1000
    const ended = rows.filter((row) => row.at.getTime() === at)
    const count = (status: StatRow['status']) =>
      ended.reduce((sum, row) => sum + (row.status === status ? row.count : 0), 0)
    return {
      at: new Date(at).toISOString(),
      succeeded: count('succeeded'),
      failed: count('failed'),
      cancelled: count('cancelled'),
      wait: quantiles(ended, 'waitRange'),
      run: quantiles(
        ended.filter(({ status }) => status === 'succeeded'),
        'runRange',
      ),
    }
  })
  return { window, seconds, points }
}
