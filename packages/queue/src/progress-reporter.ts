import type { JobProgress } from '@atelier/contracts'

/** Sends progress one report at a time; while one is on its way only the newest of the others is kept. */
export class ProgressReporter {
  private sending = false
  private next: JobProgress | undefined

  /** @param send - sends one report; its failure is ignored */
  constructor(private readonly send: (progress: JobProgress) => Promise<unknown>) {}

  /** Never throws. */
  report(progress: JobProgress): void {
    this.next = progress
    if (!this.sending) void this.sendAll()
  }

  private async sendAll(): Promise<void> {
    this.sending = true
    while (this.next) {
      const progress = this.next
      this.next = undefined
      await this.send(progress).catch(() => {})
    }
    this.sending = false
  }
}
