import type { Lcu, Parameters } from '@atelier/contracts'
import type { Statements } from '../prisma/statements.js'

/** What the time of a generation depends on, as a name: model and speed, size, number of condition images, steps. */
export function kindOf(model: string, { width, height, steps, speed }: Parameters, lcu: Lcu): string {
  const frames = lcu.reduce((sum, { images }) => sum + images.length, 0)
  return `${speed === 'fast' ? `${model} fast` : model} ${width}x${height} ${frames} ${steps}`
}

/** The model and speed of a kind, and how much work a generation of it is: pixels of all frames times steps. */
function partsOf(kind: string): { model: string; units: number } | null {
  const [, model, ...numbers] = /^(.+) (\d+)x(\d+) (\d+) (\d+)$/.exec(kind) ?? []
  if (model === undefined) return null
  const [width, height, frames, steps] = numbers.map(Number) as [number, number, number, number]
  return { model, units: width * height * (frames + 1) * Math.max(1, steps) }
}

/**
 * Adds how long a generation took that has just succeeded to what was measured: the mean of about the last ten of its
 * kind, and the time per unit of work of its model at its speed, for kinds that nobody has made yet. Opening the model does not count:
 * it happens once. Kinds that were not made for a month are forgotten.
 */
export async function recordTime(tx: Statements, { id, kind }: { id: string; kind: string }): Promise<void> {
  const parts = partsOf(kind)
  if (!parts) return
  await tx.$executeRaw`
    WITH forgotten AS (
      DELETE FROM generation_times WHERE updated_at < now() - interval '30 days' AND kind NOT IN (${kind}, ${parts.model})
    ), done AS (
      SELECT GREATEST(1, EXTRACT(EPOCH FROM finished_at - started_at) * 1000
        - COALESCE((timings->>'loadMs')::float8, 0)) AS ms
      FROM generations WHERE id = ${id} AND started_at IS NOT NULL
    )
    INSERT INTO generation_times AS t (kind, mean_ms, updated_at)
    SELECT ${parts.model}, ms / ${parts.units}::float8, clock_timestamp() FROM done
    UNION ALL SELECT ${kind}, ms, clock_timestamp() FROM done
    ON CONFLICT (kind) DO UPDATE
    SET mean_ms = t.mean_ms + (excluded.mean_ms - t.mean_ms) / LEAST(t.count + 1, 10),
        count = t.count + 1, updated_at = excluded.updated_at`
}

/** Milliseconds that generations of these kinds take; a kind is left out whose model was never measured at its speed. */
export async function expectedTimes(client: Statements, kinds: readonly string[]): Promise<Map<string, number>> {
  const models = kinds.flatMap((kind) => partsOf(kind)?.model ?? [])
  const rows = await client.$queryRaw<{ kind: string; meanMs: number }[]>`
    SELECT kind, mean_ms AS "meanMs" FROM generation_times WHERE kind = ANY(${[...new Set([...kinds, ...models])]}::text[])`
  const measured = new Map(rows.map(({ kind, meanMs }) => [kind, meanMs]))
  return new Map(
    kinds.flatMap((kind) => {
      const parts = partsOf(kind)
      const perUnit = parts && measured.get(parts.model)
      const ms = measured.get(kind) ?? (perUnit ? perUnit * parts.units : undefined)
      return parts && ms !== undefined ? [[kind, ms] as const] : []
    }),
  )
}
