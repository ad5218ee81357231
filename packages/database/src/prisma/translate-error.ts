import { AtelierError } from '@atelier/contracts'

// Prisma: unreachable, timed out, closed, no connection of the pool, no transaction started, too many connections.
// Postgres: connection lost (08), no room (53), shut down, crashed or starting (57P). The rest: the network's.
const codes =
  /^(P1001|P1002|P1008|P1017|P2024|P2028|P2037|08\w{3}|53\d{3}|57P0\d|ECONN\w+|ETIMEDOUT|ENOTFOUND|EPIPE|EAI_AGAIN)$/
const messages =
  /connection terminated|timeout exceeded when trying|timeout expired|is not queryable|closed the connection|can't reach database/i

interface Layer {
  code?: unknown
  originalCode?: unknown
  message?: unknown
  cause?: unknown
  errors?: unknown
  meta?: { driverAdapterError?: unknown }
}

/** The error and those that it wraps, outermost first. */
function* layers(error: unknown, depth = 0): Generator<Layer> {
  if (error === null || typeof error !== 'object' || depth > 5) return
  const layer = error as Layer
  yield layer
  yield* layers(layer.meta?.driverAdapterError ?? layer.cause, depth + 1)
  for (const inner of Array.isArray(layer.errors) ? layer.errors : []) yield* layers(inner, depth + 1)
}

const hasCode = ({ code, originalCode }: Layer, fits: (code: string) => boolean): boolean =>
  [code, originalCode].some((one) => typeof one === 'string' && fits(one))

/**
 * True for an error, of Prisma, `pg` or the network between, that says that the database does not answer or has no room:
 * trying again later helps. What this package throws is translated already; this is for others that talk to Postgres.
 */
export const isDatabaseOutage = (error: unknown): boolean =>
  [...layers(error)].some(
    (layer) =>
      hasCode(layer, (code) => codes.test(code)) || (typeof layer.message === 'string' && messages.test(layer.message)),
  )

/** When the database cannot be used, its error becomes AtelierError `unavailable`: callers do not see its own words. */
export function translateError(error: unknown): unknown {
  if (error instanceof AtelierError || !isDatabaseOutage(error)) return error
  return new AtelierError('unavailable', undefined, undefined, { cause: error })
}

/** True for a deadlock or a serialization failure: the same transaction may succeed when it is run again. */
export const isConflict = (error: unknown): boolean =>
  [...layers(error)].some((layer) => hasCode(layer, (code) => ['P2034', '40001', '40P01'].includes(code)))
