import { ObjectStoreError } from '@atelier/objects'
import pRetry from 'p-retry'

/** Longest time that another try may begin after the first one, in milliseconds. */
const patienceMs = 60_000
/** First and longest pause between two tries. A part that answers again is used again within the longest one. */
const firstPauseMs = 200
const longestPauseMs = 2_000

/** Options of {@link withRetries}. */
export interface RetryOptions {
  /** Tries in all, default as many as there is time for. */
  tries?: number
  /** Default a minute. */
  patienceMs?: number | undefined
  /** First pause in milliseconds, doubled after each try up to 2 s; default 200. */
  pauseMs?: number
  /** True for an error that another try cannot mend. */
  final?: (error: unknown) => boolean
  /** Aborting ends the pauses with the signal's reason. */
  signal?: AbortSignal
  /** Called after each try that failed. */
  onFailure?: ((error: unknown) => void) | undefined
}

/**
 * Calls `work` again while it fails: a store or a database that restarts is back within seconds, and what was made
 * until now would have to be made again. A `TypeError` that is no network error is a fault of ours and is thrown at once.
 *
 * @throws the last error of `work`, or the signal's reason
 */
export function withRetries<T>(work: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { tries = Infinity, pauseMs = firstPauseMs, final, signal, onFailure } = options
  return pRetry(work, {
    retries: tries - 1,
    minTimeout: pauseMs,
    maxTimeout: Math.max(pauseMs, longestPauseMs),
    maxRetryTime: options.patienceMs ?? patienceMs,
    factor: 2,
    onFailedAttempt: ({ error }) => onFailure?.(error),
    shouldRetry: ({ error }) => !final?.(error),
    ...(signal && { signal }),
  })
}

/** How calls to the store are stopped and watched. */
export type StoreOptions = Required<Pick<RetryOptions, 'signal'>> & Pick<RetryOptions, 'onFailure' | 'patienceMs'>

/** {@link withRetries} for a call to the store, which is not repeated when the store refuses or has no such object. */
export const withStoreRetries = <T>(work: () => Promise<T>, options: StoreOptions): Promise<T> =>
  withRetries(work, { ...options, final: (error) => !(error instanceof ObjectStoreError) || error.refused })
