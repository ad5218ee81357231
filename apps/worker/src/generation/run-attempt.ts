import { LostClaimError, type ClaimedGeneration } from '@atelier/database'
import { JobAbortedError, type JobContext } from '@atelier/queue'
import { InferenceLostError } from '../inference/inference-lost-error.js'
import type { StepDone } from '../inference/messages.js'
import { failureOf } from './failure-of.js'
import { makePicture, type MadePicture } from './make-picture.js'
import { StepReporter } from './step-reporter.js'
import { StopError } from './stop-error.js'
import { deletePicture } from './store-picture.js'
import { withRetries } from './with-retries.js'
import type { WorkerParts } from './worker-parts.js'

const lost = (error: unknown) => error instanceof LostClaimError

/** The queue's cause as a run's. */
function stopCause(reason: unknown): StopError['why'] {
  const why = reason instanceof JobAbortedError ? reason.why : 'lock-lost'
  return why === 'lock-lost' ? 'lost' : why
}

/**
 * One attempt at a generation that this worker has claimed.
 *
 * @returns `ended` when the generation has ended or is somebody else's; `again` when the model's process was lost: the
 *   claim is left as it is, so that the next one counts this attempt as lost (a release would not count)
 * @throws what the queue should try again later for: the worker closes, a store does not answer
 */
export async function runAttempt(
  claim: ClaimedGeneration,
  context: JobContext,
  parts: WorkerParts,
): Promise<'ended' | 'again'> {
  const { work, status, running, objects } = parts
  const log = parts.log.child({ generationId: claim.id, attempt: claim.attempt })
  const stopping = new AbortController()
  const stop = (why: StopError) => {
    if (stopping.signal.aborted) return
    stopping.abort(why)
    // The owner need not wait for the model to notice. What fails here is written again when the model has stopped.
    if (why.why === 'cancelled') void work.cancelled(claim).catch(() => {})
  }
  const reporter = new StepReporter({
    claim,
    work,
    stop,
    report: (progress) => context.report(progress),
    onError: (error) => log.warn(error, 'a step was not recorded'),
  })
  const onContext = () => stop(new StopError(stopCause(context.signal.reason)))
  context.signal.addEventListener('abort', onContext, { once: true })
  const cancel = () => stop(new StopError('cancelled'))
  const leave = running.enter(claim.id, { cancel, check: () => reporter.check() })
  try {
    if (context.signal.aborted) onContext()
    if (claim.cancelRequested) cancel()
    stopping.signal.throwIfAborted()
    const folder = parts.folders.get(claim.model)
    if (!folder) {
      await work.fail(claim, { code: 'unknown_model', message: `This worker does not serve the model ${claim.model}.` })
      return 'ended'
    }
    const beforeStoring = async () => {
      await reporter.idle()
      stopping.signal.throwIfAborted()
      const answer = await withRetries(() => work.step(claim, claim.parameters.steps), { final: lost })
      if (answer.cancelRequested) throw new StopError('cancelled')
    }
    const onStep = (step: StepDone) => reporter.done(step)
    const hooks = { signal: stopping.signal, onStep, beforeStoring }
    const made = await makePicture(claim, folder, parts, hooks)
    const outcome = await succeed(made)
    if (outcome === 'cancelled') await deletePicture(objects, made.image)
    log.info({ outcome, timings: made.timings }, 'generation ended')
    return 'ended'
  } catch (error) {
    await reporter.idle()
    return await settle(error)
  } finally {
    leave()
    context.signal.removeEventListener('abort', onContext)
  }

  async function succeed({ image, ...rest }: MadePicture): Promise<'succeeded' | 'cancelled'> {
    const result = { images: [image], device: parts.inference.device, ...rest }
    try {
      return await withRetries(() => work.succeed(claim, result), { final: lost })
    } catch (error) {
      if (lost(error) && stopping.signal.reason?.why === 'cancelled') return 'cancelled'
      throw error
    }
  }

  async function settle(error: unknown): Promise<'ended' | 'again'> {
    if (lost(error)) {
      log.warn('the claim was lost: nothing more is written')
      return 'ended'
    }
    const why = error instanceof StopError ? error.why : undefined
    if (why === 'lost') throw error
    if (why === 'cancelled') return await write(() => work.cancelled(claim), 'generation cancelled')
    const failure = failureOf(error)
    if (failure) {
      log.error(error, 'generation failed')
      return await write(() => work.fail(claim, failure), 'generation ended')
    }
    log.warn(error, 'attempt given up')
    if (error instanceof InferenceLostError && !status.closing) return 'again'
    await write(() => work.release(claim), 'generation released')
    throw error
  }

  async function write(change: () => Promise<void>, done: string): Promise<'ended'> {
    await withRetries(change, { final: lost }).catch((error: unknown) => {
      if (!lost(error)) throw error
    })
    log.info(done)
    return 'ended'
  }
}
