import type { JobProgress, QueueCounts } from '@atelier/contracts'

/** The API's side of the queue: it says "look at this generation", nothing more. */
export interface GenerationQueue {
  /** Adds a job whose id is the generation's id. No effect while such a job waits or runs; an ended one is replaced. */
  add(generationId: string): Promise<void>
  /** True while a job of this generation waits, is delayed or runs. */
  has(generationId: string): Promise<boolean>
  /** How many jobs are before it; 0 = next or running or not there. */
  position(generationId: string): Promise<number>
  /** Takes a waiting job out; no effect on a running one or when there is none. */
  remove(generationId: string): Promise<void>
  counts(): Promise<QueueCounts>
  pause(): Promise<void>
  resume(): Promise<void>
  /** Removes all waiting jobs (Postgres still knows the generations; a sweep would add them again). */
  drain(): Promise<void>
  /** @throws when the backend does not answer within 2 s */
  check(): Promise<void>
  /** The BullMQ queue for Bull Board; opaque to everyone else. */
  readonly board: unknown
  close(): Promise<void>
}

/** Progress of all running generations, as seen by one API process. Ephemeral: what is missed is gone. */
export interface ProgressFeed {
  onProgress(listener: (progress: JobProgress) => void): void
  close(): Promise<void>
}

/** What a handler gets besides the id. */
export interface JobContext {
  /** Aborted when the job's lock is lost, its cancellation asked for, or the consumer is closing after its grace time. */
  readonly signal: AbortSignal
  /** Publishes progress to every {@link ProgressFeed}. Never throws; a lost report is no failure. */
  report(progress: JobProgress): void
}

/** The worker's side of the queue. */
export interface GenerationConsumer {
  /** Aborts the signal of a job that runs here; false when it does not run here. */
  cancel(generationId: string): boolean
  /** True while the consumer is connected and polling. */
  readonly healthy: boolean
  /** Takes no new jobs and waits for running ones up to `graceMs` (default 0: until they end), then aborts them. */
  close(options?: { graceMs?: number }): Promise<void>
}

/** Handles one job. A thrown error makes the queue try again later with back-off. */
export type GenerationHandler = (generationId: string, context: JobContext) => Promise<void>

/** Where the queue lives: `postgres://…` (BullMQ's Postgres backend) or `redis://…`. */
export interface QueueOptions {
  url: string
  /** Name of the queue, default `generations`; tests use a fresh one each. */
  name?: string
  /** Prefix of Redis keys or schema of Postgres tables, where the backend supports it. */
  prefix?: string
}

/** Options of a consumer. */
export interface ConsumerOptions extends QueueOptions {
  /** Jobs at once in this process, default 1. */
  concurrency?: number
  /** Lock duration and stalled check in milliseconds; default 10 s and 5 s (RELIABILITY: re-pickup 6.6–10.6 s). */
  lockMs?: number
  stalledCheckMs?: number
}
