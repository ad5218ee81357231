/** The signal given to `generate` was aborted; nothing was made. */
export class GenerationAbortedError extends Error {
  override readonly name = 'GenerationAbortedError'

  /** @param stage - what would have come next, such as `step 3` */
  constructor(readonly stage: string) {
    super(`The generation was aborted before ${stage}.`)
  }
}
