import { hostname } from 'node:os'
import type { WorkerReport } from '@atelier/contracts'
import { newId } from '@atelier/contracts'

/** What this worker is and does at the moment. Every change calls `onChange`, so that the report of it is not late. */
export class WorkerStatus {
  readonly id = newId('worker')
  readonly #startedAt = new Date().toISOString()
  #generationId: string | null = null
  #loading = true
  #closing = false

  /**
   * @param models - names of the models it serves
   * @param device - asked at each report, because `auto` is decided late
   */
  constructor(
    readonly models: readonly string[], readonly device: () => string, private readonly onChange: () => void,
  ) {}

  /** True once the worker takes no new generations. */
  get closing(): boolean {
    return this.#closing
  }

  /** The model is being opened, or is open. */
  loading(loading: boolean): void {
    if (loading === this.#loading) return
    this.#loading = loading
    this.onChange()
  }

  /** A generation has begun, or (null) has ended. */
  working(generationId: string | null): void {
    this.#generationId = generationId
    this.onChange()
  }

  /** The worker takes no new generations. */
  close(): void {
    this.#closing = true
    this.onChange()
  }

  /** The report of this moment. */
  report(): Omit<WorkerReport, 'lastSeenAt'> {
    return {
      id: this.id, state: this.#state(), device: this.device(), models: [...this.models],
      hostname: hostname(), pid: process.pid, generationId: this.#generationId, startedAt: this.#startedAt,
    }
  }

  #state(): WorkerReport['state'] {
    if (this.#closing) return 'stopping'
    if (this.#loading) return 'loading'
    return this.#generationId ? 'busy' : 'ready'
  }
}
