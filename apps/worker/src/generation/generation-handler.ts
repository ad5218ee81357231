import type { GenerationHandler, JobContext } from '@atelier/queue'
import { runAttempt } from './run-attempt.js'
import type { WorkerParts } from './worker-parts.js'

/**
 * Handles a job of the queue: claims its generation and makes attempts at it until it has ended. Which attempt is the
 * last is the database's decision: `claim` answers null after it.
 */
export const generationHandler =
  (parts: WorkerParts): GenerationHandler =>
  async (generationId, context) => {
    try {
      while ((await tryOnce(generationId, context, parts)) === 'again');
    } catch (error) {
      parts.log.warn({ err: error, generationId }, 'the job goes back to the queue')
      throw error
    }
  }

async function tryOnce(generationId: string, context: JobContext, parts: WorkerParts): Promise<'ended' | 'again'> {
  const { work, status } = parts
  context.signal.throwIfAborted()
  const claim = await work.claim(generationId, status.id)
  if (!claim) return 'ended'
  status.working(generationId)
  try {
    return await runAttempt(claim, context, parts)
  } finally {
    status.loaded()
    status.working(null)
  }
}
