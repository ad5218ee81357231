import type { GenerationQueue } from '@atelier/queue'
import type { FastifyBaseLogger } from 'fastify'
import { failpoint, withTimeout } from '@atelier/service'

/** How long an answer waits for the queue, in milliseconds. */
export const queueAnswerMs = 2000

/**
 * Tells the queue of new generations. They are safe in the database already, so a queue that does not answer is
 * logged and no error: `requeueOverdue` adds what is missing.
 */
export async function enqueue(
  queue: Pick<GenerationQueue, 'add'>,
  generations: readonly { id: string; queueTag: number }[],
  logger: FastifyBaseLogger,
): Promise<void> {
  failpoint('turn-stored')
  const tell = async ({ id, queueTag }: { id: string; queueTag: number }) => {
    await queue.add(id, queueTag)
    failpoint('generation-enqueued')
  }
  try {
    await withTimeout(queueAnswerMs, Promise.all(generations.map(tell)))
  } catch (error) {
    const generationIds = generations.map(({ id }) => id)
    logger.warn({ err: error, generationIds }, 'the queue did not take generations; they will be requeued')
  }
}
