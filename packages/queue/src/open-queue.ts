import { Queue } from 'bullmq'
import { BullmqGenerationQueue, type JobQueue } from './bullmq-generation-queue.js'
import { closeQuietly } from './close-quietly.js'
import type { GenerationQueue, QueueOptions } from './generation-queue.js'
import { queueBackend } from './queue-backend.js'
import { untilReady } from './until-ready.js'

/** Most events that BullMQ keeps; each progress event carries a preview, so its own default of 10,000 would be much. */
const maxEvents = 1_000

/**
 * Opens the API's side of the queue; on Postgres its tables are made or brought up to date.
 *
 * @throws AtelierError `unavailable` when the backend does not answer; TypeError for a URL that is neither's
 */
export async function openQueue(options: QueueOptions): Promise<GenerationQueue> {
  const { kind, connection, factory, name, prefix } = queueBackend(options, 'ask')
  const queue: JobQueue = new Queue(name, { connection, prefix, streams: { events: { maxLen: maxEvents } } }, factory)
  queue.on('error', (error) => options.onError?.(error))
  try {
    await untilReady(queue)
  } catch (error) {
    await closeQuietly(queue)
    throw error
  }
  return new BullmqGenerationQueue(queue, kind)
}
