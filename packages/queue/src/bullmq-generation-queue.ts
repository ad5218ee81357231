import type { QueueCounts } from '@atelier/contracts'
import type { IQueueBackend, Queue } from 'bullmq'
import { closeQuietly } from './close-quietly.js'
import type { GenerationQueue } from './generation-queue.js'
import { jobName, jobOptions } from './job-options.js'
import { within } from './within.js'

/** BullMQ's queue of jobs that carry a generation's id, on any backend. */
export type JobQueue = Queue<
  { generationId: string },
  void,
  string,
  { generationId: string },
  void,
  string,
  IQueueBackend,
  unknown
>

const unfinished = new Set(['waiting', 'delayed', 'active'])
/** While a queue is paused, Postgres counts its waiting jobs under this name, which the types leave out. */
const heldType = 'paused' as 'wait'

/** The API's side of the queue over BullMQ. */
export class BullmqGenerationQueue implements GenerationQueue {
  constructor(
    private readonly queue: JobQueue,
    private readonly backend: QueueCounts['backend'],
  ) {}

  get board(): unknown {
    return this.queue
  }

  async add(generationId: string): Promise<void> {
    await within(this.addJob(generationId))
  }

  async has(generationId: string): Promise<boolean> {
    return unfinished.has(await within(this.queue.getJobState(generationId)))
  }

  async position(generationId: string): Promise<number> {
    return within(this.findPosition(generationId))
  }

  async remove(generationId: string): Promise<void> {
    await within(this.queue.remove(generationId))
  }

  async counts(): Promise<QueueCounts> {
    const [paused, count] = await within(
      Promise.all([
        this.queue.isPaused(),
        this.queue.getJobCounts('wait', heldType, 'active', 'delayed', 'failed', 'completed'),
      ]),
    )
    const { wait = 0, [heldType as string]: held = 0, active = 0, delayed = 0, failed = 0, completed = 0 } = count
    return { backend: this.backend, paused, waiting: wait + held, active, delayed, failed, completed }
  }

  async pause(): Promise<void> {
    await within(this.queue.pause())
  }

  async resume(): Promise<void> {
    await within(this.queue.resume())
  }

  async drain(): Promise<void> {
    await within(this.queue.drain(true))
  }

  async check(): Promise<void> {
    await within(this.queue.isPaused())
  }

  async close(): Promise<void> {
    await closeQuietly(this.queue)
  }

  /** BullMQ keeps ended jobs and ignores another of the same id, so an ended one is put back in its place. */
  private async addJob(generationId: string): Promise<void> {
    const job = await this.queue.getJob(generationId)
    const state = job && (await job.getState())
    if (job && (state === 'completed' || state === 'failed')) {
      // Whoever else did that first, or removed it, or let it run, has made this call needless or the next line right.
      await job.retry(state, { resetAttemptsMade: true, resetAttemptsStarted: true }).catch(() => {})
    }
    await this.queue.add(jobName, { generationId }, { ...jobOptions, jobId: generationId })
  }

  private async findPosition(generationId: string): Promise<number> {
    if ((await this.queue.getJobState(generationId)) !== 'waiting') return 0
    const waiting = await this.queue.getRanges(['wait'], 0, -1, true)
    return Math.max(0, waiting.indexOf(generationId))
  }
}
