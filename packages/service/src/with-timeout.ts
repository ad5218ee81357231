/** A call exceeded its time limit. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError'
}

/** A timer that rings later than this, in milliseconds, says that the process was held up. */
const heldMs = 50

/**
 * Waits for a promise, at most for a given time. The work behind the promise is not stopped; a late result is ignored.
 * Time for which this process was held up does not count: timers ring before the answers are read that came meanwhile.
 *
 * @param milliseconds - how long to wait
 * @throws TimeoutError after that time
 */
export async function withTimeout<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const wait = (ms: number) => {
      const began = performance.now()
      timer = setTimeout(() => {
        const held = performance.now() - began - ms
        if (held > heldMs) wait(held)
        else reject(new TimeoutError(`no answer within ${milliseconds} ms`))
      }, ms)
    }
    wait(milliseconds)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
