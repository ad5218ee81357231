import type { QueueCounts } from '@atelier/contracts'
import { PRIORITY_LIMIT, Queue, type IQueueBackend } from 'bullmq'
import { orUnavailable } from './deadlines.js'
import type { GenerationQueue, QueueOptions } from './generation-queue.js'
import { jobName, jobOptions } from './job-options.js'
import { PatientPart, patience } from './patient-part.js'
import { queueBackend } from './queue-backend.js'

/** BullMQ's queue of jobs that carry a generation's id, on any backend. */
type JobQueue = Queue<
  { generationId: string },
  void,
  string,
  { generationId: string },
  void,
  string,
  IQueueBackend,
  unknown
>

/** Most events that BullMQ keeps. Its default is 10,000, but each progress event carries a preview. */
const maxEvents = 1_000
const unfinished = new Set(['waiting', 'prioritized', 'delayed', 'active'])
/** While a queue is paused, Postgres counts its waiting jobs under this name, which the types leave out. */
const heldType = 'paused' as 'wait'

/** The API's side of the queue over BullMQ. */
class BullmqGenerationQueue implements GenerationQueue {
  constructor(
    private readonly part: PatientPart<JobQueue>,
    private readonly backend: QueueCounts['backend'],
  ) {}

  onBoard(use: (queue: unknown) => void): void {
    this.part.whenOpen(use)
  }

  async add(generationId: string, tag = 1): Promise<void> {
    await orUnavailable(this.addJob(generationId, Math.min(PRIORITY_LIMIT, Math.max(0, tag))))
  }

  async has(generationId: string): Promise<boolean> {
    return unfinished.has(await orUnavailable(this.queue.getJobState(generationId)))
  }

  async remove(generationId: string): Promise<void> {
    await orUnavailable(this.queue.remove(generationId))
  }

  async counts(): Promise<QueueCounts> {
    const [paused, count] = await orUnavailable(
      Promise.all([
        this.queue.isPaused(),
        this.queue.getJobCounts('prioritized', 'wait', heldType, 'active', 'delayed', 'failed', 'completed'),
      ]),
    )
    const { prioritized = 0, wait = 0, [heldType as string]: held = 0 } = count
    const { active = 0, delayed = 0, failed = 0, completed = 0 } = count
    return { backend: this.backend, paused, waiting: prioritized + wait + held, active, delayed, failed, completed }
  }

  async pause(): Promise<void> {
    await orUnavailable(this.queue.pause())
  }

  async resume(): Promise<void> {
    await orUnavailable(this.queue.resume())
  }

  async drain(): Promise<void> {
    await orUnavailable(this.queue.drain(true))
  }

  async check(): Promise<void> {
    await orUnavailable(this.queue.isPaused())
  }

  async close(): Promise<void> {
    await this.part.close()
  }

  /** @throws AtelierError `unavailable` while it is not open */
  private get queue(): JobQueue {
    return this.part.current
  }

  /** BullMQ keeps ended jobs and ignores a new one with the same id, so an ended job is put back into the queue. */
  private async addJob(generationId: string, priority: number): Promise<void> {
    const job = await this.queue.getJob(generationId)
    const state = job && (await job.getState())
    if (job && (state === 'completed' || state === 'failed')) {
      // It fails when somebody else has put it back, removed it or run it meanwhile: the next line is right for each.
      await job.retry(state, { resetAttemptsMade: true, resetAttemptsStarted: true }).catch(() => {})
    }
    await this.queue.add(jobName, { generationId }, { ...jobOptions, jobId: generationId, priority })
  }
}

/**
 * Opens the API's side of the queue; on Postgres its tables are made or brought up to date.
 *
 * @throws AtelierError `unavailable` when the backend does not answer, unless `patient` is set; TypeError for a URL that
 *   is neither Postgres nor Redis
 */
export async function openQueue(options: QueueOptions): Promise<GenerationQueue> {
  const make = (): JobQueue => {
    const { connection, factory, name, prefix } = queueBackend(options, 'ask')
    return new Queue(name, { connection, prefix, streams: { events: { maxLen: maxEvents } } }, factory)
  }
  const { kind } = queueBackend(options, 'ask')
  const part = new PatientPart({ make, ...patience(options) })
  await part.open()
  return new BullmqGenerationQueue(part, kind)
}
