import { AtelierApiError, AtelierConnectionError } from '@atelier/client'

/** Whether another try may go better: the server is away, as while it restarts, or has too much to do. */
export const isPassing = (error: unknown): boolean =>
  error instanceof AtelierConnectionError ||
  (error instanceof AtelierApiError && (error.status >= 500 || error.status === 429))

/**
 * Whether what was to be created may have been, although this error came instead of an answer. The client tries several times
 * and throws only the last error, and the server may refuse a call before it looks at its key: an earlier try may have arrived.
 */
export const mayHaveArrived = (error: unknown): boolean =>
  isPassing(error) || isCode(error, 'still_running', 'unauthorized')

/** Whether an error says that its Idempotency-Key leads nowhere any more. */
export const isKeySpent = (error: unknown): boolean => isCode(error, 'gone', 'idempotency_conflict')

const isCode = (error: unknown, ...codes: AtelierApiError['code'][]): boolean =>
  error instanceof AtelierApiError && codes.includes(error.code)
