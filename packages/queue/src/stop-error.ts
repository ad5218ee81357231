/**
 * Why work on a generation stops before its end:
 * - `cancelled`: its owner cancelled it
 * - `lock-lost`: the queue no longer holds the job for this worker, or might not: its lock was not renewed in time
 * - `claim-taken`: the database has given the generation to another attempt, or it has ended
 * - `shutting-down`: this worker is closing
 * - `inference-exited`: the model's process ended, or had to be ended, in the middle of the work
 *
 * `apps/worker/README.md` says what the worker does about each.
 */
export type StopReason = 'cancelled' | 'lock-lost' | 'claim-taken' | 'shutting-down' | 'inference-exited'

/** Work on a generation was stopped before its end; also the reason of a job's aborted signal. */
export class StopError extends Error {
  override readonly name = 'StopError'

  /** @param message - more than the reason says, in a sentence */
  constructor(
    readonly reason: StopReason,
    message = `The work was stopped: ${reason}.`,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
