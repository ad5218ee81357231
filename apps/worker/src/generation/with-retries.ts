import { setTimeout as delay } from 'node:timers/promises'

/** How {@link withRetries} goes on. */
export interface RetryOptions {
  /** Tries in all, default 6. */
  tries?: number
  /** First pause in milliseconds, doubled after each try; default 200 (so 6 s in all). */
  pauseMs?: number
  /** True for an error that another try cannot mend. */
  final?: (error: unknown) => boolean
  /** Aborting ends the pauses with the signal's reason. */
  signal?: AbortSignal
}

/**
 * Calls `work` again while it fails: a store or a database that restarts is back within seconds.
 *
 * @throws the last error of `work`, or the signal's reason
 */
export async function withRetries<T>(work: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { tries = 6, pauseMs = 200, final, signal } = options
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      if (attempt >= tries || final?.(error)) throw error
      await delay(pauseMs * 2 ** (attempt - 1), undefined, { signal }).catch(() => signal?.throwIfAborted())
    }
  }
}
