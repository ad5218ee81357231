import { startStopwatch } from './stopwatch.js'

/**
 * Looks every 20 ms until there is something to see.
 *
 * @param what - what is waited for; a function is asked when the time is over
 * @param look - what it returns ends the waiting unless it is false, null, undefined or 0
 * @param withinMs - how long to wait, by a {@link startStopwatch}; by default long enough for a machine that is busy with
 *   other tests
 * @returns what `look` returned
 * @throws Error when the time is over
 */
export async function eventually<T>(
  what: string | (() => string),
  look: () => T | Promise<T>,
  withinMs = 30_000,
): Promise<Exclude<T, false | 0 | null | undefined>> {
  const watch = startStopwatch()
  try {
    for (;;) {
      const seen = await look()
      if (seen) return seen as Exclude<T, false | 0 | null | undefined>
      if (watch.ms() > withinMs)
        throw new Error(`not within ${withinMs} ms: ${typeof what === 'string' ? what : what()}`)
      await new Promise((resolve) => {
        setTimeout(resolve, 20)
      })
    }
  } finally {
    watch.stop()
  }
}
