/** The time for an answer is over. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError'
}

/** The promise's result, or a {@link TimeoutError} after `milliseconds`; what it does goes on unheard. */
export async function withTimeout<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeoutError(`no answer within ${milliseconds} ms`)), milliseconds)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
