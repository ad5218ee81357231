import { orAborted } from '@atelier/service'
import { InvalidObjectKeyError, ObjectNotFoundError, ObjectStoreError } from './object-store.js'

/** Longest time of one call with all its repetitions, in milliseconds. */
const callMs = 30_000

/**
 * Runs one call of a store. It ends at once when the signal is aborted, whatever the store does, and after 30 s.
 *
 * @param work - gets the signal that ends the call
 * @param isRefusal - whether an error says that the store answered and will not do it
 * @throws the signal's reason; ObjectStoreError; ObjectNotFoundError and InvalidObjectKeyError of `work`
 */
export async function boundedCall<T>(
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
  isRefusal: (error: unknown) => boolean,
): Promise<T> {
  const deadline = AbortSignal.timeout(callMs)
  const either = signal ? AbortSignal.any([signal, deadline]) : deadline
  either.throwIfAborted()
  try {
    return await orAborted(work(either), either)
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof ObjectNotFoundError || error instanceof InvalidObjectKeyError) throw error
    throw new ObjectStoreError(isRefusal(error), { cause: error })
  }
}
