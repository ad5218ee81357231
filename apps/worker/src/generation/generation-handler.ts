import type { GenerationHandler } from '@atelier/queue'
import { runAttempt } from './run-attempt.js'
import type { WorkerParts } from './worker-parts.js'

/**
 * Handles a job of the queue: claims its generation and makes attempts at it until it has ended. Which attempt is the
 * last is the database's decision: `claim` answers null after it.
 */
export const generationHandler = (parts: WorkerParts): GenerationHandler => async (generationId, context) => {
  const { work, status } = parts
  for (;;) {
    context.signal.throwIfAborted()
    const claim = await work.claim(generationId, status.id)
    if (!claim) return
    status.working(generationId)
    try {
      if (await runAttempt(claim, context, parts) === 'ended') return
    } finally {
      status.loading(false)
      status.working(null)
    }
  }
}
