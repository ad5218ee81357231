import { workerReportSchema, type ErrorCode, type WorkerReport } from '@atelier/contracts'
import type { Registry } from '@atelier/service'
import { Counter, Gauge, Histogram } from 'prom-client'
import { residentBytes } from './resident-bytes.js'

/** What a worker says of itself; that one is `lost` only others say. */
const states = workerReportSchema.shape.state.exclude(['lost']).options
/** Upper bounds in seconds: of a wait or a whole generation, and of one step. */
const longBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800]
const stepBuckets = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30]

/** Names of the stages of a generation, by the field of its timings. */
const stages = {
  fetchMs: 'fetch',
  loadMs: 'load',
  encodeMs: 'encode',
  denoiseMs: 'denoise',
  decodeMs: 'decode',
  storeMs: 'store',
} as const

/** How an attempt ended. `elsewhere`: another worker tries it. `lost`: by the model's process, or by its lock. */
export type AttemptResult = 'succeeded' | 'failed' | 'cancelled' | 'elsewhere' | 'released' | 'lost'

/** What a worker tells of itself. */
export interface WatchedWorker {
  state(): WorkerReport['state']
  inferencePid(): number | undefined
}

/** The numbers of one worker, for Prometheus. */
export class WorkerMetrics {
  private readonly waits: Histogram
  private readonly runs: Histogram
  private readonly stages: Histogram
  private readonly steps: Histogram
  private readonly attempts: Counter
  private readonly failures: Counter
  private readonly images: Counter

  constructor(private readonly registry: Registry) {
    this.waits = this.histogram(
      'atelier_generation_wait_seconds',
      'Time from queued to started, of each attempt',
      ['model', 'priority'],
      longBuckets,
    )
    this.runs = this.histogram(
      'atelier_generation_run_seconds',
      'Time of an attempt that made a picture',
      ['model'],
      longBuckets,
    )
    this.stages = this.histogram(
      'atelier_generation_stage_seconds',
      'Time of the stages of an attempt that made a picture',
      ['model', 'stage'],
      longBuckets,
    )
    this.steps = this.histogram(
      'atelier_generation_step_seconds',
      'Time between two steps of the model',
      ['model'],
      stepBuckets,
    )
    this.attempts = this.counter('atelier_generation_attempts_total', 'Attempts by how they ended', ['model', 'result'])
    this.failures = this.counter('atelier_attempt_failures_total', 'Failures of attempts by code', ['model', 'code'])
    this.images = this.counter(
      'atelier_condition_images_total',
      'Images that the model saw: encoded now, or reused from an earlier generation',
      ['model', 'result'],
    )
  }

  /** Shows what the worker is at the moment it is asked. */
  watch({ state, inferencePid }: WatchedWorker): void {
    this.registry.registerMetric(
      new Gauge({
        name: 'atelier_worker_state',
        help: '1 for the state that the worker is in, 0 for the others',
        labelNames: ['state'],
        registers: [],
        collect() {
          for (const each of states) this.set({ state: each }, each === state() ? 1 : 0)
        },
      }),
    )
    this.registry.registerMetric(
      new Gauge({
        name: 'atelier_inference_resident_memory_bytes',
        help: "Memory of the model's process",
        registers: [],
        async collect() {
          this.reset()
          const pid = inferencePid()
          const bytes = pid && (await residentBytes(pid))
          if (bytes) this.set(bytes)
        },
      }),
    )
  }

  /** An attempt begins. @param waitSeconds - since it was queued */
  began({ model, priority }: { model: string; priority: string }, waitSeconds: number): void {
    this.waits.observe({ model, priority }, waitSeconds)
  }

  /** A step is finished. @param seconds - since the step before */
  step(model: string, seconds: number): void {
    this.steps.observe({ model }, seconds)
  }

  /** A picture was made. @param timings - milliseconds by stage @param images - that the model saw */
  made(model: string, timings: Record<string, number>, images: number): void {
    for (const [field, stage] of Object.entries(stages))
      if (timings[field] !== undefined) this.stages.observe({ model, stage }, timings[field] / 1000)
    this.runs.observe({ model }, (timings.totalMs ?? 0) / 1000)
    const encoded = timings.imagesEncoded ?? 0
    this.images.inc({ model, result: 'encoded' }, encoded)
    this.images.inc({ model, result: 'reused' }, Math.max(0, images - encoded))
  }

  /** An attempt is over. @param code - of its failure */
  ended(model: string, result: AttemptResult, code?: ErrorCode): void {
    this.attempts.inc({ model, result })
    if (code !== undefined) this.failures.inc({ model, code })
  }

  private histogram(name: string, help: string, labelNames: string[], buckets: number[]): Histogram {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.registry] })
  }

  private counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] })
  }
}
