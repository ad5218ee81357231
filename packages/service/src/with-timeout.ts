/** A call took longer than it may. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError'
}

/**
 * The result of a promise, if it comes in time. What the promise stands for goes on; its late result is ignored.
 *
 * @param milliseconds - how long to wait
 * @throws TimeoutError after that time
 */
export async function withTimeout<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeoutError(`no answer within ${milliseconds} ms`)), milliseconds)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
