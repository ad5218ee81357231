import { ClaimTooEarlyError } from '@atelier/database'
import { inSpan, recordSpan, withTrail } from '@atelier/service'
import { PostponeError, type GenerationHandler, type JobContext } from '@atelier/queue'
import { failpoint } from '@atelier/service'
import { runAttempt, type AttemptEnd, type WorkerDeps } from './run-attempt.js'

/**
 * Handles a job of the queue: claims its generation and makes attempts at it until it has ended, or another worker should
 * try it. Which attempt is the last is the database's decision: `claim` answers null after it.
 */
export const generationHandler =
  (deps: WorkerDeps): GenerationHandler =>
  async (generationId, context) => {
    let end: AttemptEnd = 'again'
    try {
      while (end === 'again') end = await tryOnce(generationId, context, deps)
    } catch (error) {
      if (error instanceof ClaimTooEarlyError) throw new PostponeError(error.retryMs, { cause: error })
      deps.log.warn({ err: error, generationId }, 'the job goes back to the queue')
      throw error
    }
    if (end === 'elsewhere') throw new PostponeError(0)
  }

async function tryOnce(generationId: string, context: JobContext, deps: WorkerDeps): Promise<AttemptEnd> {
  const { work, status, runningPerOwner } = deps
  context.signal.throwIfAborted()
  const asked = Date.now()
  const claim = await work.claim(generationId, status.id, runningPerOwner)
  if (!claim) return 'ended'
  failpoint('generation-claimed')
  const ended = status.working(generationId)
  const { ownerId, sessionId, turnId, attempt, requestId, traceParent } = claim
  const ids = { ownerId, sessionId, turnId, generationId, attempt, workerId: status.id }
  const request = { ...(requestId !== null && { requestId }), ...(traceParent !== null && { traceParent }) }
  try {
    return await withTrail({ ...ids, ...request }, () => {
      const now = Date.now()
      recordSpan('queue', now - claim.waitSeconds * 1000, now, { attempt })
      recordSpan('claim', asked, now, { attempt })
      return inSpan('attempt', { attempt, generationId, model: claim.model, workerId: status.id }, () =>
        runAttempt(claim, context, deps),
      )
    })
  } finally {
    ended()
  }
}
