import type { ProgressEvent } from '@atelier/contracts'

/** Chooses the previews of one generation that are shown: the first of each of `most + 1` parts of its steps. */
export class Partials {
  private taken = 0
  private showing = Promise.resolve()
  private number = 0

  constructor(private readonly most: number) {}

  /** @param show - shows a preview, with how many were shown before it; what cannot be shown is left out */
  take({ preview, step, steps }: ProgressEvent, show: (preview: string, number: number) => Promise<void>): void {
    if (!preview || this.taken >= this.most || step >= steps || step < (this.taken * steps) / (this.most + 1)) return
    this.taken += 1
    this.showing = this.showing
      .then(() => show(preview, this.number))
      .then(
        () => void (this.number += 1),
        () => {},
      )
  }

  /** Settles when all that was taken is shown; nothing is taken any more. */
  async end(): Promise<void> {
    this.taken = this.most
    await this.showing
  }
}
