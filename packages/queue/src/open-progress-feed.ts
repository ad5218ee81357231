import { jobProgressSchema, type JobProgress } from '@atelier/contracts'
import { QueueEvents, type IQueueBackend } from 'bullmq'
import { closeQuietly } from './close-quietly.js'
import type { ProgressFeed, QueueOptions } from './generation-queue.js'
import { queueBackend } from './queue-backend.js'
import { untilReady } from './until-ready.js'

/**
 * Listens to the progress of all running generations, from now on.
 *
 * @throws AtelierError `unavailable` when the backend does not answer; TypeError for a URL that is neither's
 */
export async function openProgressFeed(options: QueueOptions): Promise<ProgressFeed> {
  const { connection, factory, name, prefix } = queueBackend(options, 'wait')
  const events = new QueueEvents<void, IQueueBackend, unknown>(name, { connection, prefix }, factory)
  const listeners: ((progress: JobProgress) => void)[] = []
  events.on('error', (error) => options.onError?.(error))
  events.on('progress', ({ data }) => {
    const progress = jobProgressSchema.safeParse(data)
    if (progress.success) for (const listener of listeners) listener(progress.data)
  })
  try {
    await untilReady(events)
  } catch (error) {
    await closeQuietly(events)
    throw error
  }
  return { onProgress: (listener) => void listeners.push(listener), close: () => closeQuietly(events) }
}
