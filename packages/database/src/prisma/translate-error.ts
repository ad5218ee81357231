import { AtelierError } from '@atelier/contracts'

// Prisma: unreachable, timed out, closed, no connection of the pool, no transaction started, too many connections.
// Postgres: shut down, crashed, starting. pg: the rest.
const codes =
  /^(P1001|P1002|P1008|P1017|P2024|P2028|P2037|57P0[123]|53300|08\d{3}|ECONN\w+|ETIMEDOUT|ENOTFOUND|EPIPE|EAI_AGAIN)$/
const messages =
  /connection terminated|timeout exceeded when trying|is not queryable|closed the connection|can't reach database/i

interface Layered {
  code?: unknown
  originalCode?: unknown
  message?: unknown
  cause?: unknown
  meta?: { driverAdapterError?: unknown }
}

/** The error and those that it wraps, outermost first. */
function* layers(error: unknown): Generator<Layered> {
  for (let depth = 0; error !== null && typeof error === 'object' && depth < 6; depth += 1) {
    const layer = error as Layered
    yield layer
    error = layer.meta?.driverAdapterError ?? layer.cause
  }
}

/** When the database cannot be used, its error becomes AtelierError `unavailable`: callers do not see its own words. */
export function translateError(error: unknown): unknown {
  if (error instanceof AtelierError) return error
  for (const { code, originalCode, message } of layers(error)) {
    if (
      [code, originalCode].some((c) => typeof c === 'string' && codes.test(c)) ||
      (typeof message === 'string' && messages.test(message))
    ) {
      return new AtelierError('unavailable', undefined, undefined, { cause: error })
    }
  }
  return error
}

/** True for a deadlock or a serialization failure: the same transaction may succeed when it is run again. */
export const isConflict = (error: unknown): boolean =>
  [...layers(error)].some(({ code, originalCode }) =>
    [code, originalCode].some((c) => c === 'P2034' || c === '40001' || c === '40P01'),
  )
