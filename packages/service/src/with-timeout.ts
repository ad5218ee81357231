/** A call exceeded its time limit. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError'
}

/** A timer that rings later than this, in milliseconds, says that the process was held up. */
const heldMs = 50

/**
 * Waits for a promise, at most for a given time. The work behind the promise is not stopped; a late result is ignored.
 * When this process was held up, the answers that came meanwhile are read after the timers have rung: it waits once more, for
 * as long as it was held up, but at most `milliseconds`.
 *
 * @param milliseconds - how long to wait
 * @throws TimeoutError after that time
 */
export async function withTimeout<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const giveUp = () => reject(new TimeoutError(`no answer within ${milliseconds} ms`))
    const due = performance.now() + milliseconds
    timer = setTimeout(() => {
      const held = performance.now() - due
      if (held > heldMs) timer = setTimeout(giveUp, Math.min(held, milliseconds))
      else giveUp()
    }, milliseconds)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
