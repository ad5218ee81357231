import { AtelierApiError, AtelierConnectionError } from './errors.js'

/**
 * What may be repeated: `always` for what has the same effect twice (reads, and creations with an Idempotency-Key);
 * `refused` only when the server says that it did nothing.
 */
export type Repeat = 'always' | 'refused'

/** Longest `Retry-After` that is obeyed, in milliseconds; a longer wait is for the caller to decide. */
const longestWaitMs = 30_000
const refusals = new Set([429, 503])
const gatewayErrors = new Set([502, 504])

/** Whether an error may pass by itself: the server is away, or asks for patience, or fails. */
export const isTransient = (error: unknown): boolean =>
  error instanceof AtelierConnectionError ||
  (error instanceof AtelierApiError && (error.status === 429 || error.status >= 500))

/** Milliseconds of a `Retry-After` header in seconds or as a date, undefined without one. */
export function retryAfterMs(header: string | null, now = Date.now()): number | undefined {
  if (!header) return undefined
  const seconds = Number(header)
  const ms = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1000
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}

/**
 * Milliseconds to wait before a failed request is repeated, undefined when it must not be.
 *
 * @param attempt - how many attempts were made, from 1
 * @param askedMs - what the server asked for in `Retry-After`
 */
export function retryDelayMs(error: unknown, repeat: Repeat, attempt: number, askedMs?: number): number | undefined {
  const ownMs = Math.min(5_000, 200 * 2 ** attempt) * (0.5 + Math.random() / 2)
  if (error instanceof AtelierConnectionError) return repeat === 'always' ? ownMs : undefined
  if (!(error instanceof AtelierApiError)) return undefined
  if (refusals.has(error.status)) return (askedMs ?? 0) > longestWaitMs ? undefined : (askedMs ?? ownMs)
  if (repeat === 'refused') return undefined
  // after a lost connection the first attempt of a creation may still be running; a later attempt gets its answer
  const stillRunning = error.code === 'still_running'
  if (stillRunning) return askedMs ?? ownMs
  return gatewayErrors.has(error.status) ? ownMs : undefined
}
