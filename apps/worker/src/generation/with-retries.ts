import pRetry from 'p-retry'

/** Options of {@link withRetries}. */
export interface RetryOptions {
  /** Tries in all, default 6. */
  tries?: number
  /** First pause in milliseconds, doubled after each try; default 200 (6.2 s of pauses in all). */
  pauseMs?: number
  /** True for an error that another try cannot mend. */
  final?: (error: unknown) => boolean
  /** Aborting ends the pauses with the signal's reason. */
  signal?: AbortSignal
}

/**
 * Calls `work` again while it fails: a store or a database that restarts is back within seconds. A `TypeError` that is
 * no network error is a fault of ours and is thrown at once.
 *
 * @throws the last error of `work`, or the signal's reason
 */
export function withRetries<T>(work: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { tries = 6, pauseMs = 200, final, signal } = options
  return pRetry(work, {
    retries: tries - 1,
    minTimeout: pauseMs,
    factor: 2,
    shouldRetry: ({ error }) => !final?.(error),
    ...(signal && { signal }),
  })
}
