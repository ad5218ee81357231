import type { Wakeups } from '@atelier/database'

/** What may happen to a generation that runs here. */
export interface RunningGeneration {
  /** Its owner has cancelled it. */
  cancel(): void
  /** A cancellation may have been missed: ask the database. */
  check(): void
}

/** The generations that run in this worker, reachable for the database's wake-ups. */
export class RunningGenerations {
  private readonly running = new Map<string, RunningGeneration>()

  constructor(wakeups: Pick<Wakeups, 'onCancel' | 'onReconnect'>) {
    wakeups.onCancel((generationId) => this.running.get(generationId)?.cancel())
    wakeups.onReconnect(() => {
      for (const generation of this.running.values()) generation.check()
    })
  }

  /** Enters a generation. @returns what takes it out again */
  enter(generationId: string, generation: RunningGeneration): () => void {
    this.running.set(generationId, generation)
    return () => {
      // this worker may have got the same job again, once its lock was lost
      if (this.running.get(generationId) === generation) this.running.delete(generationId)
    }
  }
}
