import { withTimeout } from '@atelier/service'
import { DelayedError, Worker, type IQueueBackend, type Job, type JobProgress } from 'bullmq'
import { closeQuietly, untilReady } from './deadlines.js'
import {
  PostponeError,
  type ConsumerOptions,
  type GenerationConsumer,
  type GenerationHandler,
} from './generation-queue.js'
import { backoffMs, maxStalledCount } from './job-options.js'
import { ProgressReporter } from './progress.js'
import { queueBackend, watchBackend, yieldToIdle } from './queue-backend.js'
import { StopError, type StopReason } from './stop-error.js'

type GenerationJob = Job<{ generationId: string }, void>

/** An idle consumer polls every few seconds; after this long without a poll, in milliseconds, it is cut off. */
const silenceMs = 30_000

/** How long a handler may take once it was aborted because the consumer closes, in milliseconds. */
const afterAbortMs = 3_000

/** BullMQ's worker for jobs that carry a generation's id, on any backend. */
class GenerationWorker extends Worker<{ generationId: string }, void, string, IQueueBackend, JobProgress, unknown> {
  /** Also ends the renewal of locks, which BullMQ leaves running when it cannot say goodbye to its backend. */
  override async disconnect(): Promise<void> {
    await this.lockManager.close()
    await super.disconnect()
  }

  /**
   * A look for stalled jobs that fails is repeated when the next one is due. BullMQ pauses for 5 s more, which closing does
   * not end.
   */
  protected override checkConnectionError<T>(look: () => Promise<T>): Promise<T | undefined> {
    return super.checkConnectionError(look, 0)
  }
}

/**
 * A job that runs here: its signal, and the time by which its lock must be renewed. BullMQ tells of a renewal that was
 * refused, but while the backend cannot be reached it only tries again; this deadline stops the job before another worker
 * may take it. The signal is our own too: BullMQ's reaches only processors that declare exactly three parameters, and
 * neither a lost lock nor closing aborts it.
 */
class RunningJob {
  private readonly controller = new AbortController()
  private readonly deadline: NodeJS.Timeout

  /** @param lockMs - how long a lock holds since it was taken or renewed, in milliseconds */
  constructor(lockMs: number) {
    this.deadline = setTimeout(() => this.abort('lock-lost'), lockMs * 0.9)
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  /** Why it was aborted, undefined while it was not. */
  get aborted(): StopReason | undefined {
    return this.signal.reason instanceof StopError ? this.signal.reason.reason : undefined
  }

  abort(reason: StopReason): void {
    this.controller.abort(new StopError(reason))
  }

  /** The lock was renewed just now. */
  renewed(): void {
    if (!this.signal.aborted) this.deadline.refresh()
  }

  /** The handler has ended. */
  end(): void {
    clearTimeout(this.deadline)
  }
}

/** The worker's side of the queue over BullMQ. */
class BullmqConsumer implements GenerationConsumer {
  private readonly running = new Map<string, RunningJob>()
  private readonly handling = new Set<Promise<void>>()
  private readonly worker: GenerationWorker
  private readonly lockMs: number
  private readonly concurrency: number
  private lastPoll = Date.now()
  private closing: Promise<void> | undefined

  constructor(
    options: ConsumerOptions,
    private readonly handler: GenerationHandler,
  ) {
    const { lockMs = 10_000, stalledCheckMs = 2_500, concurrency = 1, backoffMs: firstMs = 1_000 } = options
    this.lockMs = lockMs
    this.concurrency = concurrency
    const { connection, factory, name, prefix } = queueBackend(options, 'wait')
    const watched = watchBackend(factory, () => {
      this.lastPoll = Date.now()
    })
    this.worker = new GenerationWorker(
      name,
      (job, token) => this.process(job, token),
      {
        connection,
        prefix,
        concurrency,
        lockDuration: lockMs,
        stalledInterval: stalledCheckMs,
        maxStalledCount,
        runRetryDelay: 1_000,
        settings: { backoffStrategy: (attempt) => backoffMs(attempt, firstMs) },
      },
      concurrency > 1 ? yieldToIdle(watched, () => this.running.size > 0) : watched,
    )
    this.worker.on('error', (error) => options.onError?.(error))
    this.worker.on('locksRenewed', ({ jobIds }) => this.each(jobIds, (job) => job.renewed()))
    this.worker.on('lockRenewalFailed', (jobIds) => this.each(jobIds, (job) => job.abort('lock-lost')))
  }

  get healthy(): boolean {
    if (this.closing) return false
    if (this.worker.isPaused()) return true
    const busy =
      this.running.size >= this.concurrency && [...this.running.values()].every((job) => job.aborted !== 'lock-lost')
    return busy || Date.now() - this.lastPoll < silenceMs
  }

  /** @throws AtelierError `unavailable` when the backend does not answer */
  waitUntilReady(): Promise<void> {
    return untilReady(this.worker)
  }

  pause(): void {
    void this.worker.pause(true)
  }

  resume(): void {
    this.lastPoll = Date.now()
    void this.worker.resume()
  }

  close({ graceMs = 0 }: { graceMs?: number } = {}): Promise<void> {
    return (this.closing ??= this.end(graceMs))
  }

  private process(job: GenerationJob, token: string | undefined): Promise<void> {
    const handling = this.handle(job, token).finally(() => this.handling.delete(handling))
    this.handling.add(handling)
    return handling
  }

  private async handle(job: GenerationJob, token: string | undefined): Promise<void> {
    const { generationId } = job.data
    const running = new RunningJob(this.lockMs)
    const reporter = new ProgressReporter((progress) => job.updateProgress(progress))
    this.running.set(generationId, running)
    try {
      // Fetched just as this closes or pauses: another consumer begins it.
      if (this.closing || this.worker.isPaused()) running.abort('shutting-down')
      running.signal.throwIfAborted()
      await this.handler(generationId, { signal: running.signal, report: (progress) => reporter.report(progress) })
    } catch (error) {
      const delayMs =
        error instanceof PostponeError ? error.delayMs : running.aborted === 'shutting-down' ? 0 : undefined
      if (delayMs === undefined) throw error
      // not `moveToWait`: on Redis that puts a job with a priority back without waking anybody
      await job.moveToDelayed(Date.now() + delayMs, token)
      throw new DelayedError()
    } finally {
      running.end()
      // it may run here again already, once its lock was lost
      if (this.running.get(generationId) === running) this.running.delete(generationId)
    }
  }

  private async end(graceMs: number): Promise<void> {
    const timer =
      graceMs > 0
        ? setTimeout(() => this.each([...this.running.keys()], (job) => job.abort('shutting-down')), graceMs)
        : undefined
    void this.worker.close().catch(() => {})
    const handled = Promise.allSettled(this.handling)
    // a handler that was aborted and cannot write what it must is left alone: the job's lock runs out
    await (graceMs > 0 ? withTimeout(graceMs + afterAbortMs, handled).catch(() => {}) : handled)
    clearTimeout(timer)
    await closeQuietly(this.worker)
  }

  private each(jobIds: readonly string[], act: (job: RunningJob) => void): void {
    for (const id of jobIds) {
      const job = this.running.get(id)
      if (job) act(job)
    }
  }
}

/**
 * Starts to take jobs. The process must not block its event loop for longer than the lock: a lock that is not renewed
 * in time is another worker's.
 *
 * @throws AtelierError `unavailable` when the backend does not answer; TypeError for a URL that is neither Postgres nor
 *   Redis
 */
export async function openConsumer(options: ConsumerOptions, handler: GenerationHandler): Promise<GenerationConsumer> {
  const consumer = new BullmqConsumer(options, handler)
  try {
    await consumer.waitUntilReady()
  } catch (error) {
    await consumer.close()
    throw error
  }
  return consumer
}
