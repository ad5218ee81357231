import { progressEventSchema, type ProgressEvent } from '@atelier/contracts'
import { QueueEvents, type IQueueBackend } from 'bullmq'
import type { ProgressFeed, QueueOptions } from './generation-queue.js'
import { PatientPart, patience } from './patient-part.js'
import { longestEventWaitMs, queueBackend } from './queue-backend.js'

/** Sends progress one report at a time; of those that come meanwhile it keeps only the newest. */
export class ProgressReporter {
  private sending = false
  private next: ProgressEvent | undefined

  /** @param send - sends one report; its failure is ignored */
  constructor(private readonly send: (progress: ProgressEvent) => Promise<unknown>) {}

  /** Never throws. */
  report(progress: ProgressEvent): void {
    this.next = progress
    if (!this.sending) void this.sendAll()
  }

  private async sendAll(): Promise<void> {
    this.sending = true
    while (this.next) {
      const progress = this.next
      this.next = undefined
      await this.send(progress).catch(() => {})
    }
    this.sending = false
  }
}

/**
 * Listens to the progress of all running generations, from now on.
 *
 * @throws AtelierError `unavailable` when the backend does not answer, unless `patient` is set; TypeError for a URL that
 *   is neither Postgres nor Redis
 */
export async function openProgressFeed(options: QueueOptions): Promise<ProgressFeed> {
  const listeners: ((progress: ProgressEvent) => void)[] = []
  const make = () => {
    const { connection, factory, name, prefix } = queueBackend(options, 'wait')
    const place = { connection, prefix, blockingTimeout: longestEventWaitMs }
    const events = new QueueEvents<void, IQueueBackend, unknown>(name, place, factory)
    return events.on('progress', ({ data }) => {
      const progress = progressEventSchema.safeParse(data)
      if (progress.success) for (const listener of listeners) listener(progress.data)
    })
  }
  const events = new PatientPart({ make, ...patience(options) })
  await events.open()
  return { onProgress: (listener) => void listeners.push(listener), close: () => events.close() }
}
