import { GenerationAbortedError } from '../errors.js'

/**
 * @param stage - what would come next
 * @throws GenerationAbortedError when the signal was aborted
 */
export function throwIfAborted(signal: AbortSignal | undefined, stage: string): void {
  if (signal?.aborted) throw new GenerationAbortedError(stage)
}
