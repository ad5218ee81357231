import { hostname } from 'node:os'
import type { WorkerReport } from '@atelier/contracts'
import { newId } from '@atelier/contracts'

/** What this worker is and does at the moment. Every change calls `onChange`, so that the report of it is not late. */
export class WorkerStatus {
  readonly id = newId('worker')
  readonly #startedAt = new Date().toISOString()
  #generationId: string | null = null
  #state: 'loading' | 'loaded' = 'loading'
  #opening: WorkerReport['loading'] = null
  #closing = false

  /**
   * @param models - names of the models it serves
   * @param device - asked at each report, because `auto` is decided late
   */
  constructor(
    readonly models: readonly string[],
    readonly device: () => Pick<WorkerReport, 'device' | 'deviceRequested' | 'deviceFallback'>,
    private readonly onChange: () => void,
  ) {}

  /** True once the worker takes no new generations. */
  get closing(): boolean {
    return this.#closing
  }

  /** A part of a model is being opened. */
  loading(opening: WorkerReport['loading']): void {
    this.#state = 'loading'
    this.#opening = opening
    this.onChange()
  }

  /** No model is being opened any more. */
  loaded(): void {
    if (this.#state === 'loaded') return
    this.#state = 'loaded'
    this.#opening = null
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
      id: this.id,
      state: this.#now(),
      ...this.device(),
      loading: this.#opening,
      models: [...this.models],
      hostname: hostname(),
      pid: process.pid,
      generationId: this.#generationId,
      startedAt: this.#startedAt,
    }
  }

  #now(): WorkerReport['state'] {
    if (this.#closing) return 'stopping'
    if (this.#state === 'loading') return 'loading'
    return this.#generationId ? 'busy' : 'ready'
  }
}
