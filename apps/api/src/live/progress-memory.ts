import { isTerminal, type ProgressEvent } from '@atelier/contracts'
import type { TurnRow } from '@atelier/database'

const most = 1000

/** The last step of each generation that runs somewhere, with its preview, for those who join in the middle. */
export class ProgressMemory {
  private readonly last = new Map<string, ProgressEvent>()

  /** Remembers a step; the generation silent for longest is forgotten when there are too many. */
  note(progress: ProgressEvent): void {
    this.last.delete(progress.generationId)
    this.last.set(progress.generationId, progress)
    if (this.last.size > most) this.last.delete(this.last.keys().next().value!)
  }

  /** The last step of each running generation of these turns: as reported here, else as the database has it. */
  of(turns: readonly TurnRow[]): ProgressEvent[] {
    return turns
      .flatMap((turn) => turn.generations)
      .flatMap((row) => {
        if (isTerminal(row.status)) this.last.delete(row.id)
        if (row.status !== 'running') return []
        const { id: generationId, sessionId, turnId, attempt, step, steps } = row
        const heard = this.last.get(generationId)
        if (heard && heard.attempt === attempt && heard.step >= step) return [heard]
        return step > 0 ? [{ sessionId, turnId, generationId, attempt, step, steps }] : []
      })
  }
}
