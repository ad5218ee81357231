import { BullmqConsumer } from './bullmq-consumer.js'
import type { ConsumerOptions, GenerationConsumer, GenerationHandler } from './generation-queue.js'

/**
 * Starts to take jobs. The process must not block its event loop for longer than the lock: a lock that is not renewed
 * in time is another worker's.
 *
 * @throws AtelierError `unavailable` when the backend does not answer; TypeError for a URL that is neither's
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
