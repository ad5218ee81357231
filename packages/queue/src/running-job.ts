import { JobAbortedError, type AbortCause } from './job-aborted-error.js'

/**
 * A job that runs here: its signal, and the time by which its lock must have been renewed. BullMQ tells of a lock that
 * was refused, but while the backend cannot be reached it only repeats; by this deadline of our own the job stops before
 * another worker may take it. The signal is our own too: BullMQ's reaches only processors that declare exactly three
 * parameters, and neither a lost lock nor closing aborts it.
 */
export class RunningJob {
  private readonly controller = new AbortController()
  private readonly deadline: NodeJS.Timeout

  /** @param lockMs - how long a lock holds since it was taken or renewed, in milliseconds */
  constructor(
    private readonly generationId: string,
    lockMs: number,
  ) {
    this.deadline = setTimeout(() => this.abort('lock-lost'), lockMs * 0.9)
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  /** Why it was aborted, undefined while it was not. */
  get aborted(): AbortCause | undefined {
    return this.signal.reason instanceof JobAbortedError ? this.signal.reason.why : undefined
  }

  abort(why: AbortCause): void {
    this.controller.abort(new JobAbortedError(this.generationId, why))
  }

  /** The lock was renewed just now. */
  renewed(): void {
    if (!this.signal.aborted) this.deadline.refresh()
  }

  /** The handler has ended. */
  end(): void {
    clearTimeout(this.deadline)
  }
}
