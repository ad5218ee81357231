/** Why the signal of a job was aborted. */
export type AbortCause = 'cancelled' | 'lock-lost' | 'closing'

/** The reason of a job's aborted signal. */
export class JobAbortedError extends Error {
  override readonly name = 'JobAbortedError'

  constructor(
    readonly generationId: string,
    readonly why: AbortCause,
  ) {
    super(`The job of ${generationId} was aborted: ${why}.`)
  }
}
