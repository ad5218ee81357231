import { hostname } from 'node:os'
import type { WorkerReport } from '@atelier/contracts'
import type { NewWorkerReport } from '@atelier/database'
import { newId } from '@atelier/contracts'

/** What this worker is and does at the moment. Every change calls `onChange`, so that the report of it is not late. */
export class WorkerStatus {
  readonly id = newId('worker')
  private readonly startedAt = new Date().toISOString()
  /** Those that run, the oldest first. */
  private readonly running = new Set<{ generationId: string }>()
  private state: 'loading' | 'loaded' = 'loading'
  private opening: WorkerReport['loading'] = null
  private unwell: string | null = null
  private stopping = false
  private drained = false
  private renewing = false

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
    return this.stopping
  }

  /** True while the worker may take new generations. */
  get takesWork(): boolean {
    return !this.stopping && !this.drained && this.unwell === null
  }

  /** True while the model's process is being restarted because an operator wants it: then its end is nobody's fault. */
  get restarting(): boolean {
    return this.renewing
  }

  /** The model's process is being restarted, or (false) has been. */
  restart(now: boolean): void {
    this.renewing = now
    this.onChange()
  }

  /** An operator wants the worker to take no new generations, or (false) wants it no more. */
  drain(wanted: boolean): void {
    this.drained = wanted
    this.onChange()
  }

  /** A part of a model is being opened. */
  loading(opening: WorkerReport['loading']): void {
    this.state = 'loading'
    this.opening = opening
    this.onChange()
  }

  /** No model is being opened any more. */
  loaded(): void {
    if (this.state === 'loaded') return
    this.state = 'loaded'
    this.opening = null
    this.onChange()
  }

  /** A generation has begun. @returns what says that it has ended */
  working(generationId: string): () => void {
    const entry = { generationId }
    this.running.add(entry)
    this.onChange()
    return () => {
      this.running.delete(entry)
      // it may have been stopped while the model was being opened for it
      if (this.running.size === 0) this.loaded()
      this.onChange()
    }
  }

  /** The worker takes no generations because of this, or (null) takes them again. */
  unhealthy(reason: string | null): void {
    this.unwell = reason
    this.onChange()
  }

  /** The worker takes no new generations. */
  close(): void {
    this.stopping = true
    this.onChange()
  }

  /** The report of this moment. */
  report(): NewWorkerReport {
    return {
      id: this.id,
      state: this.now(),
      ...this.device(),
      loading: this.opening,
      unhealthyReason: this.unwell?.slice(0, 1000) ?? null,
      models: [...this.models],
      hostname: hostname(),
      pid: process.pid,
      generationId: this.oldest,
      startedAt: this.startedAt,
    }
  }

  private now(): WorkerReport['state'] {
    if (this.stopping) return 'stopping'
    if (this.drained) return this.oldest ? 'draining' : 'drained'
    if (this.unwell !== null) return 'unhealthy'
    if (this.state === 'loading') return 'loading'
    return this.oldest ? 'busy' : 'ready'
  }

  private get oldest(): string | null {
    const [entry] = this.running
    return entry?.generationId ?? null
  }
}

/** Time between two reports of a worker, in milliseconds; it counts as gone after 30 s of silence. */
const heartbeatMs = 5000

/** Calls `beat` regularly and on demand, one at a time; a beat that fails is followed by the next as usual. */
export class Heartbeat {
  private readonly timer: NodeJS.Timeout
  private beating: Promise<void> | undefined
  private again = false
  private stopped = false

  /**
   * @param beat - what a beat does
   * @param onError - told of each beat that failed
   */
  constructor(
    private readonly beat: () => Promise<void>,
    private readonly onError: (error: unknown) => void,
    everyMs = heartbeatMs,
  ) {
    this.timer = setInterval(() => this.now(), everyMs)
  }

  /** Beats at once, or right after the beat that is under way. */
  now(): void {
    if (this.stopped) return
    this.again = true
    this.beating ??= this.run().finally(() => {
      this.beating = undefined
    })
  }

  /** Settles when no beat is under way; none follows. */
  async stop(): Promise<void> {
    clearInterval(this.timer)
    this.stopped = true
    await this.beating
  }

  private async run(): Promise<void> {
    while (this.again) {
      this.again = false
      await this.beat().catch(this.onError)
    }
  }
}
