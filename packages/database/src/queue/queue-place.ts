import type { QueuePlace } from '@atelier/contracts'
import { Prisma } from '../generated/client.js'
import { expectedTimes } from './generation-time.js'
import type { Statements } from '../prisma/statements.js'

/** A worker that has been silent for longer than this, in seconds, does no work. */
export const workerSeconds = 30

/** Of a row of `workers`: it takes new generations. */
export const takesWork = Prisma.sql`state NOT IN ('stopping', 'unhealthy', 'draining', 'drained')
  AND last_seen_at > now() - make_interval(secs => ${workerSeconds}::float8)`

/** What is known of the work before a generation. All times in milliseconds. */
export interface WorkAhead {
  /** What is left of each generation that runs. */
  running: number[]
  /** How long the waiting ones before it take, by kind. */
  ahead: { ms: number; count: number }[]
  /** Generations that the workers that take work make at once. */
  places: number
}

/**
 * When a waiting generation begins, in milliseconds from now: each place takes the next one as soon as it is free. Null
 * without a place. The places of one worker slow each other down, so the times must be those of generations that were
 * made as these will be, side by side.
 */
export function estimateStart({ running, ahead, places }: WorkAhead): number | null {
  if (places < 1) return null
  const busy = running.toSorted((a, b) => a - b).slice(0, places)
  let free = [...Array.from({ length: places - busy.length }, () => 0), ...busy]
  for (const { ms, count } of ahead) {
    const rounds = Math.floor(count / places)
    const sorted = free.map((time) => time + rounds * ms).sort((a, b) => a - b)
    // in order, too: the same is added to what is earliest, and that becomes later each time
    const taken: number[] = []
    let [fromSorted, fromTaken] = [0, 0]
    for (let left = count % places; left > 0; left -= 1) {
      const again = fromTaken < taken.length && taken[fromTaken]! < sorted[fromSorted]!
      taken.push((again ? taken[fromTaken++]! : sorted[fromSorted++]!) + ms)
    }
    free = [...sorted.slice(fromSorted), ...taken.slice(fromTaken)]
  }
  return Math.min(...free)
}

interface Row {
  mine: boolean
  running: boolean
  kind: string
  count: number
  elapsedMs: number | null
  places: number
}

/** Where a generation stands, and in how many milliseconds it begins and ends. */
export interface Estimate {
  position: number | null
  startMs: number | null
  endMs: number | null
}

/** Reads {@link Estimate} for one generation, whoever's it is; all null when it has ended or is parked. */
export async function estimate(client: Statements, generationId: string): Promise<Estimate> {
  // what waits is read from the index alone
  const rows = await client.$queryRaw<Row[]>`
    WITH me AS (
      SELECT id, queue_tag, created_at, kind, status FROM generations
      WHERE id = ${generationId} AND (status = 'running' OR status = 'queued' AND parked_at IS NULL)
    ), work AS (
      SELECT true AS mine, status = 'running' AS running, kind, 1 AS count, NULL::timestamptz AS started_at
        FROM me WHERE status = 'queued'
      UNION ALL
      SELECT g.id = me.id, true, g.kind, 1, g.started_at FROM me, generations g WHERE g.status = 'running'
      UNION ALL
      SELECT false, false, g.kind, COUNT(*)::int, NULL FROM me, generations g
        WHERE g.status = 'queued' AND g.parked_at IS NULL
          AND (g.queue_tag, g.created_at, g.id) < (me.queue_tag, me.created_at, me.id)
        GROUP BY g.kind
    )
    SELECT mine, running, kind, count,
      (EXTRACT(EPOCH FROM clock_timestamp() - started_at) * 1000)::float8 AS "elapsedMs",
      (SELECT COALESCE(SUM(batch_size), 0)::int FROM workers WHERE ${takesWork}) AS places
    FROM work`
  const own = rows.find(({ mine }) => mine)
  if (!own) return { position: null, startMs: null, endMs: null }
  const running = rows.filter((row) => row.running && row !== own)
  const waiting = rows.filter((row) => !row.running && row !== own)
  const position = own.running ? null : waiting.reduce((sum, { count }) => sum + count, 0)
  const times = await expectedTimes(client, [...new Set(rows.map(({ kind }) => kind))])
  const ownMs = times.get(own.kind)
  if (ownMs === undefined) return { position, startMs: null, endMs: null }
  // of a model that was never measured, what is ahead is taken to be like this one
  const msOf = ({ kind }: Row): number => times.get(kind) ?? ownMs
  const left = (row: Row): number => Math.max(0, msOf(row) - (row.elapsedMs ?? 0))
  if (own.running) return { position, startMs: 0, endMs: left(own) }
  const startMs = estimateStart({
    running: running.map(left),
    ahead: waiting.map((row) => ({ ms: msOf(row), count: row.count })),
    places: own.places,
  })
  return { position, startMs, endMs: startMs === null ? null : startMs + ownMs }
}

/** {@link estimate} as callers see it. */
export async function queuePlace(client: Statements, generationId: string): Promise<QueuePlace> {
  const { position, endMs } = await estimate(client, generationId)
  return { position, etaSeconds: endMs === null ? null : Math.round(endMs / 100) / 10 }
}
