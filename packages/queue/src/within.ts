import { AtelierError } from '@atelier/contracts'
import { withTimeout } from '@atelier/service'

/** How long a call to the queue's backend may take, in milliseconds. */
export const callTimeoutMs = 2_000

/**
 * The value of a promise, if it comes in time.
 *
 * @throws AtelierError `unavailable` when it rejects or comes too late; what it does afterwards is not heard
 */
export async function within<T>(promise: Promise<T>, ms = callTimeoutMs): Promise<T> {
  try {
    return await withTimeout(ms, promise)
  } catch (cause) {
    throw new AtelierError('unavailable', 'The queue does not answer.', undefined, { cause })
  }
}
