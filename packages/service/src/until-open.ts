import { setTimeout as sleep } from 'node:timers/promises'

/** First and longest pause between two tries, in milliseconds: what is back is used within the longest one. */
const firstPauseMs = 500
const longestPauseMs = 3_000

/** How {@link untilOpen} goes on. */
export interface UntilOpenOptions {
  /** Whether an error says that the part is away; any other is thrown. */
  isAway(error: unknown): boolean
  /** Called after each try that failed because the part is away. */
  onAway(error: unknown): unknown
  /** Aborting ends the waiting with the signal's reason. */
  signal?: AbortSignal | undefined
}

/**
 * Opens something as soon as it can be opened: a process that is started together with what it needs waits for it, and
 * does not end and start again.
 *
 * @throws what `open` throws for another reason; the signal's reason
 */
export async function untilOpen<T>(open: () => Promise<T>, options: UntilOpenOptions): Promise<T> {
  const { isAway, onAway, signal } = options
  for (let pause = firstPauseMs; ; pause = Math.min(2 * pause, longestPauseMs)) {
    signal?.throwIfAborted()
    try {
      return await open()
    } catch (error) {
      if (!isAway(error)) throw error
      await onAway(error)
    }
    await sleep(pause, undefined, { signal }).catch(() => {})
  }
}
