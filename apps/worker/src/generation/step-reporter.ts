import type { ProgressEvent } from '@atelier/contracts'
import { LostClaimError, type ClaimedGeneration, type WorkRepository } from '@atelier/database'
import { StopError, type JobContext } from '@atelier/queue'
import type { StepDone } from '../inference/messages.js'

/** What a {@link StepReporter} needs. */
export interface StepReporterOptions {
  claim: ClaimedGeneration
  work: Pick<WorkRepository, 'step'>
  report: JobContext['report']
  /** Called when the database says that the attempt must stop. */
  stop(error: StopError): void
  /** Called when a step could not be recorded; the attempt goes on, because its last write is checked anyway. */
  onError(error: unknown): void
}

const dataUrl = (png: Uint8Array) => `data:image/png;base64,${Buffer.from(png).toString('base64')}`

/**
 * Reports finished steps to the queue and the database. The database is written one step at a time and may skip some when
 * it is slower than the model; its answer says whether the claim still holds and whether the owner has cancelled the generation.
 */
export class StepReporter {
  private last = 0
  private due = false
  private writing: Promise<void> | undefined

  constructor(readonly options: StepReporterOptions) {}

  /** A step is finished. */
  done({ step, steps, preview }: StepDone): void {
    const { id: generationId, sessionId, turnId, attempt } = this.options.claim
    const progress: ProgressEvent = { generationId, sessionId, turnId, attempt, step, steps }
    this.options.report(preview ? { ...progress, preview: dataUrl(preview) } : progress)
    this.last = step
    // the last one is written before the picture is stored
    if (step < steps) this.check()
  }

  /** Asks the database again, for example after its wake-ups were interrupted. */
  check(): void {
    this.due = true
    this.writing ??= this.write().finally(() => {
      this.writing = undefined
    })
  }

  /** Settles when nothing is being written. */
  async idle(): Promise<void> {
    while (this.writing) await this.writing
  }

  private async write(): Promise<void> {
    const { claim, work, stop, onError } = this.options
    while (this.due) {
      this.due = false
      try {
        if ((await work.step(claim, this.last)).cancelRequested) stop(new StopError('cancelled'))
      } catch (error) {
        if (error instanceof LostClaimError) stop(new StopError('claim-taken'))
        else onError(error)
      }
    }
  }
}
