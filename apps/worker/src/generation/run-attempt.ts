import { errorTable, type ErrorCode, type Failure } from '@atelier/contracts'
import { LostClaimError, type ClaimedGeneration, type WorkRepository } from '@atelier/database'
import { StopError, type JobContext, type StopReason } from '@atelier/queue'
import { InferenceError } from '../inference/inference-child.js'
import type { StepDone } from '../inference/messages.js'
import { ImageUnreadableError } from './fetch-pictures.js'
import { makePicture, type MadePicture, type MakePictureDeps } from './make-picture.js'
import type { RunningGenerations } from './running-generations.js'
import { StepReporter } from './step-reporter.js'
import { deletePicture } from './store-picture.js'
import { withRetries } from './with-retries.js'

/** What it takes to handle a generation. */
export interface WorkerDeps extends MakePictureDeps {
  work: WorkRepository
  running: RunningGenerations
  /** Path of the model folder by model name. */
  folders: ReadonlyMap<string, string>
  /** Most generations of one owner that run at once on all workers; undefined: any number. */
  runningPerOwner: number | undefined
}

const claimTaken = (error: unknown) => error instanceof LostClaimError

/** Why an attempt was stopped; undefined for an error that is no stop. */
function stopReasonOf(error: unknown): StopReason | undefined {
  if (claimTaken(error)) return 'claim-taken'
  return error instanceof StopError ? error.reason : undefined
}

/**
 * The failure that ends a generation, or null for an error that says nothing about this generation (a store that does
 * not answer, a model folder that cannot be opened): that one is worth another try later.
 */
function failureOf(error: unknown): Failure | null {
  const failure = (code: ErrorCode, sentence: string) => ({ code, message: `${sentence} ${errorTable[code].next}` })
  if (error instanceof ImageUnreadableError) return failure('image_unreadable', error.message)
  // What ONNX Runtime says may hold paths and shapes: it belongs in the log, not in the owner's answer.
  return error instanceof InferenceError && error.code ? failure(error.code, errorTable[error.code].when) : null
}

/**
 * One attempt at a generation that this worker has claimed. `README.md` lists what it does for each {@link StopReason}.
 *
 * @returns `ended` when the job has nothing more to do; `again` when the model's process exited: the claim is left as it
 *   is, so that the next one counts this attempt as lost (a release would not count)
 * @throws what the queue should try again later for: the worker shuts down, the lock is lost, a store does not answer
 */
export async function runAttempt(
  claim: ClaimedGeneration,
  context: JobContext,
  deps: WorkerDeps,
): Promise<'ended' | 'again'> {
  const { work, status, running, objects } = deps
  const log = deps.log.child({ generationId: claim.id, attempt: claim.attempt })
  const stopping = new AbortController()
  const stop = (stopError: StopError) => {
    if (stopping.signal.aborted) return
    stopping.abort(stopError)
    // The owner need not wait for the model to notice. If this fails, it is written again when the model has stopped.
    if (stopError.reason === 'cancelled') void work.cancelled(claim).catch(() => {})
  }
  const reporter = new StepReporter({
    claim,
    work,
    stop,
    report: (progress) => context.report(progress),
    onError: (error) => log.warn(error, 'a step was not recorded'),
  })
  const onContext = () => stop(context.signal.reason as StopError)
  context.signal.addEventListener('abort', onContext, { once: true })
  const cancel = () => stop(new StopError('cancelled'))
  const leave = running.enter(claim.id, { cancel, check: () => reporter.check() })
  try {
    if (context.signal.aborted) onContext()
    if (claim.cancelRequested) cancel()
    stopping.signal.throwIfAborted()
    const folder = deps.folders.get(claim.model)
    if (!folder) {
      await work.fail(claim, { code: 'unknown_model', message: `This worker does not serve the model ${claim.model}.` })
      return 'ended'
    }
    const beforeStoring = async () => {
      await reporter.idle()
      stopping.signal.throwIfAborted()
      const answer = await withRetries(() => work.step(claim, claim.parameters.steps), { final: claimTaken })
      if (answer.cancelRequested) throw new StopError('cancelled')
    }
    const onStep = (step: StepDone) => reporter.done(step)
    const hooks = { signal: stopping.signal, onStep, beforeStoring }
    const made = await makePicture(claim, folder, deps, hooks)
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
    const result = { images: [image], device: deps.inference.device, ...rest }
    try {
      return await withRetries(() => work.succeed(claim, result), { final: claimTaken })
    } catch (error) {
      if (claimTaken(error) && stopReasonOf(stopping.signal.reason) === 'cancelled') return 'cancelled'
      throw error
    }
  }

  async function settle(error: unknown): Promise<'ended' | 'again'> {
    const reason = stopReasonOf(error)
    if (reason === 'claim-taken') {
      log.warn('the generation is no longer this attempt’s: nothing more is written')
      return 'ended'
    }
    if (reason === 'lock-lost') throw error
    if (reason === 'cancelled') return await write(() => work.cancelled(claim), 'generation cancelled')
    const failure = failureOf(error)
    if (failure) {
      log.error(error, 'generation failed')
      return await write(() => work.fail(claim, failure), 'generation ended')
    }
    log.warn(error, 'attempt given up')
    if (reason === 'inference-exited' && !status.closing) return 'again'
    await write(() => work.release(claim), 'generation released')
    throw error
  }

  async function write(change: () => Promise<void>, done: string): Promise<'ended'> {
    await withRetries(change, { final: claimTaken }).catch((error: unknown) => {
      if (!claimTaken(error)) throw error
    })
    log.info(done)
    return 'ended'
  }
}
