import { WaitingError, type Job } from 'bullmq'
import { closeQuietly } from './close-quietly.js'
import type { ConsumerOptions, GenerationConsumer, GenerationHandler } from './generation-queue.js'
import { GenerationWorker } from './generation-worker.js'
import { backoffMs, maxStalledCount } from './job-options.js'
import { ProgressReporter } from './progress-reporter.js'
import { queueBackend } from './queue-backend.js'
import { RunningJob } from './running-job.js'
import { untilReady } from './until-ready.js'
import { watchBackend } from './watch-backend.js'

type GenerationJob = Job<{ generationId: string }, void>

/** An idle consumer polls every few seconds; silent for this long, in milliseconds, it is cut off. */
const silenceMs = 30_000

/** The worker's side of the queue over BullMQ. */
export class BullmqConsumer implements GenerationConsumer {
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
    const { lockMs = 10_000, stalledCheckMs = 5_000, concurrency = 1, backoffMs: firstMs = 1_000 } = options
    this.lockMs = lockMs
    this.concurrency = concurrency
    const { connection, factory, name, prefix } = queueBackend(options, 'wait')
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
      watchBackend(factory, () => {
        this.lastPoll = Date.now()
      }),
    )
    this.worker.on('error', (error) => options.onError?.(error))
    this.worker.on('locksRenewed', ({ jobIds }) => this.each(jobIds, (job) => job.renewed()))
    this.worker.on('lockRenewalFailed', (jobIds) => this.each(jobIds, (job) => job.abort('lock-lost')))
  }

  get healthy(): boolean {
    if (this.closing) return false
    const busy =
      this.running.size >= this.concurrency && [...this.running.values()].every((job) => job.aborted !== 'lock-lost')
    return busy || Date.now() - this.lastPoll < silenceMs
  }

  /** @throws AtelierError `unavailable` when the backend does not answer */
  waitUntilReady(): Promise<void> {
    return untilReady(this.worker)
  }

  cancel(generationId: string): boolean {
    const job = this.running.get(generationId)
    job?.abort('cancelled')
    return job !== undefined
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
    const running = new RunningJob(generationId, this.lockMs)
    const reporter = new ProgressReporter((progress) => job.updateProgress(progress))
    this.running.set(generationId, running)
    try {
      // Fetched in the moment of closing: another consumer may as well begin it.
      if (this.closing) running.abort('closing')
      running.signal.throwIfAborted()
      await this.handler(generationId, { signal: running.signal, report: (progress) => reporter.report(progress) })
    } catch (error) {
      if (running.aborted !== 'closing') throw error
      await job.moveToWait(token)
      throw new WaitingError()
    } finally {
      running.end()
      this.running.delete(generationId)
    }
  }

  private async end(graceMs: number): Promise<void> {
    const timer =
      graceMs > 0
        ? setTimeout(() => this.each([...this.running.keys()], (job) => job.abort('closing')), graceMs)
        : undefined
    void this.worker.close().catch(() => {})
    await Promise.allSettled(this.handling)
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
