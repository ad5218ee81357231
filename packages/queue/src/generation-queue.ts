import type { ProgressEvent, QueueCounts } from '@atelier/contracts'

/**
 * The API's side of the queue: it says "look at this generation", nothing more. Every method rejects with the
 * `AtelierError` `unavailable` when the backend fails or does not answer within 2 s.
 */
export interface GenerationQueue {
  /**
   * Adds a job whose id is the generation's id. No effect while such a job waits or runs; an ended one is replaced. (A
   * generation that is queued again just before its job ends is left without a job; the API's regular check adds it.)
   *
   * @param tag - the lowest is taken first, equal ones in the order in which they were added; 0 to 2,097,152, what is
   *   outside counts as the nearest of these. Default 1.
   */
  add(generationId: string, tag?: number): Promise<void>
  /** True while a job of this generation waits, is delayed or runs. */
  has(generationId: string): Promise<boolean>
  /** Takes a waiting job out; no effect on a running one or when there is none. */
  remove(generationId: string): Promise<void>
  counts(): Promise<QueueCounts>
  /** Lets running jobs end and starts no others, on all workers, until {@link resume}. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** Removes all waiting and delayed jobs (Postgres still knows the generations; the API's regular check adds them again). */
  drain(): Promise<void>
  /** @throws AtelierError `unavailable` when the backend does not answer within 2 s */
  check(): Promise<void>
  /** Hands over BullMQ's queue for Bull Board, as soon as the backend has answered; opaque to everyone else. */
  onBoard(use: (queue: unknown) => void): void
  close(): Promise<void>
}

/** Progress of all running generations, as seen by one API process. Ephemeral: what is missed is gone. */
export interface ProgressFeed {
  onProgress(listener: (progress: ProgressEvent) => void): void
  close(): Promise<void>
}

/** What a handler gets besides the id. */
export interface JobContext {
  /**
   * Aborted with a `StopError`: `lock-lost` when the job's lock is lost, `shutting-down` when the consumer closes
   * and its grace time is over.
   */
  readonly signal: AbortSignal
  /** Publishes progress to every {@link ProgressFeed}. Never throws; a lost report is no failure. */
  report(progress: ProgressEvent): void
}

/** The worker's side of the queue. */
export interface GenerationConsumer {
  /** True while the consumer polls its backend, is paused, or has as many jobs as it may and holds their locks. */
  readonly healthy: boolean
  /** Takes no new jobs until {@link resume}; running ones go on. */
  pause(): void
  resume(): void
  /**
   * Takes no new jobs and waits for running ones up to `graceMs` (default 0: until they end), then aborts them and waits
   * 3 s more.
   */
  close(options?: { graceMs?: number }): Promise<void>
}

/**
 * Handles one job. A thrown error makes the queue try again later with back-off; a {@link PostponeError} puts the job back
 * for as long as it says, without counting an attempt; when the consumer closes, another consumer gets the job at once.
 */
export type GenerationHandler = (generationId: string, context: JobContext) => Promise<void>

/** Thrown by a handler that cannot take its job yet: others go first, and this one comes again after the pause. */
export class PostponeError extends Error {
  override readonly name = 'PostponeError'

  /** @param delayMs - the pause in milliseconds */
  constructor(
    readonly delayMs: number,
    options?: ErrorOptions,
  ) {
    super(`The job is put back for ${delayMs} ms.`, options)
  }
}

/** Where the queue lives: `postgres://…` (BullMQ's Postgres backend) or `redis://…`. */
export interface QueueOptions {
  url: string
  /** Name of the queue, default `generations`; tests use a fresh one each. */
  name?: string
  /** Prefix of the keys in Redis, schema of the tables in Postgres; default `atelier_queue`. */
  prefix?: string
  /** Called with errors that the queue recovers from by itself, such as a lost connection. */
  onError?: (error: Error) => void
  /**
   * Opens whether or not the backend answers, and goes on trying: until then calls are `unavailable`, and progress is
   * not heard. Not for consumers. Default false: what does not answer is not opened.
   */
  patient?: boolean
}

/** Options of a consumer. */
export interface ConsumerOptions extends QueueOptions {
  /** Jobs at once in this process, default 1. With more, a consumer that has some leaves others to those that have none. */
  concurrency?: number
  /** How long a job's lock holds since it was taken or renewed, in milliseconds, default 10 s. */
  lockMs?: number
  /**
   * How often to look for jobs whose lock has run out, in milliseconds, default 2.5 s. A lock that is renewed every
   * 5 s holds for 5 to 10 s more when its worker is killed, so another has the job after 5 to 13 s, if it is free.
   */
  stalledCheckMs?: number
  /** Wait before the second attempt after a handler threw, in milliseconds, default 1 s; doubles up to 30 s. */
  backoffMs?: number
}
