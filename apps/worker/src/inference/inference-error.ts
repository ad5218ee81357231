import type { ErrorCode } from '@atelier/contracts'

/** The inference process answered a call with a failure. */
export class InferenceError extends Error {
  override readonly name = 'InferenceError'

  /** @param code - how the generation fails; null when the fault lies elsewhere, for example in the model folder */
  constructor(
    readonly code: ErrorCode | null,
    message: string,
  ) {
    super(message)
  }
}
