import { TimeoutError, withTimeout } from './with-timeout.js'

/** Time to close everything, in milliseconds: supervisors wait 20 s or more between SIGTERM and SIGKILL. */
const closeMs = 18_000

/**
 * Ends this process once everything is closed, at the latest after 18 s (later by as long as the process itself was held up),
 * whatever hangs: with exit code 0, or 1 and a line on standard error when something could not be closed.
 */
export async function endInTime(close: () => Promise<unknown> | undefined): Promise<never> {
  const code = await withTimeout(closeMs, Promise.resolve(close())).then(
    () => 0,
    (error: unknown) => {
      const late = error instanceof TimeoutError
      console.error(late ? `Something did not close within ${closeMs / 1000} s: ending without it.` : error)
      return 1
    },
  )
  return process.exit(code)
}
