import { errorTable, type ErrorCode, type Failure } from '@atelier/contracts'
import { LostClaimError, type ClaimedGeneration, type WorkRepository } from '@atelier/database'
import { StopError, type JobContext, type StopReason } from '@atelier/queue'
import type { ModelHealth } from '../model-health.js'
import { InferenceError } from '../inference/inference-child.js'
import type { StepDone } from '../inference/messages.js'
import { ImageUnreadableError } from './fetch-pictures.js'
import { makePicture, type MadePicture, type MakePictureDeps } from './make-picture.js'
import type { RunningGenerations } from './running-generations.js'
import { StepReporter } from './step-reporter.js'
import { deletePicture } from './store-picture.js'
import { withRetries } from './with-retries.js'

/** See {@link runAttempt}. */
export type AttemptEnd = 'ended' | 'again' | 'elsewhere'

/** What it takes to handle a generation. */
export interface WorkerDeps extends MakePictureDeps {
  work: WorkRepository
  health: ModelHealth
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

/** How a generation fails, and whether that may be the fault of this worker. */
interface Verdict {
  failure: Failure
  mayBeTheWorkers: boolean
}

/** What an error says about the generation; null: nothing (a store that does not answer), it is worth another try later. */
function verdictOn(error: unknown): Verdict | null {
  const failure = (code: ErrorCode, sentence: string) => ({ code, message: `${sentence} ${errorTable[code].next}` })
  if (error instanceof ImageUnreadableError)
    return { failure: failure('image_unreadable', error.message), mayBeTheWorkers: false }
  if (!(error instanceof InferenceError)) return null
  // What ONNX Runtime says may hold paths and shapes: it belongs in the log, not in the owner's answer.
  const code = error.code ?? 'model_failed'
  return { failure: failure(code, errorTable[code].when), mayBeTheWorkers: error.mayBeTheWorkers }
}

/**
 * One attempt at a generation that this worker has claimed. `README.md` lists what it does for each {@link StopReason}.
 *
 * @returns `ended` when the job has nothing more to do; `again` when the model's process exited: the claim is left as it
 *   is, so that the next one counts this attempt as lost (a release would not count); `elsewhere` when another worker
 *   should try it
 * @throws what the queue should try again later for: the worker shuts down, the lock is lost, a store does not answer
 */
export async function runAttempt(claim: ClaimedGeneration, context: JobContext, deps: WorkerDeps): Promise<AttemptEnd> {
  const { work, status, running, objects, health } = deps
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
      const message = `No worker that tried it serves the model ${claim.model}.`
      return await tryElsewhere({ code: 'unknown_model', message })
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
    health.succeeded()
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

  async function settle(error: unknown): Promise<AttemptEnd> {
    const reason = stopReasonOf(error)
    if (reason === 'claim-taken') {
      log.warn('the generation is no longer this attempt’s: nothing more is written')
      return 'ended'
    }
    if (reason === 'lock-lost') throw error
    if (reason === 'cancelled') return await write(() => work.cancelled(claim), 'generation cancelled')
    const verdict = verdictOn(error)
    if (verdict?.mayBeTheWorkers) {
      log.error(error, 'attempt failed')
      health.failed((error as Error).message, deps.folders.get(claim.model)!)
      return await tryElsewhere(verdict.failure)
    }
    if (verdict) {
      log.error(error, 'generation failed')
      return await write(() => work.fail(claim, verdict.failure), 'generation ended')
    }
    log.warn(error, 'attempt given up')
    if (reason === 'inference-exited' && !status.closing) {
      health.failed((error as Error).message, deps.folders.get(claim.model)!)
      if (health.reason === null) return 'again'
      return await tryElsewhere({ code: 'worker_lost', message: errorTable.worker_lost.when })
    }
    await write(() => work.release(claim), 'generation released')
    throw error
  }

  async function tryElsewhere(failure: Failure): Promise<AttemptEnd> {
    let next: AttemptEnd = 'ended'
    const change = async () => {
      if ((await work.tryElsewhere(claim, status.id, failure)) === 'queued') next = 'elsewhere'
    }
    await write(change, 'another worker may try it, unless that was the last attempt')
    return next
  }

  async function write(change: () => Promise<void>, done: string): Promise<'ended'> {
    await withRetries(change, { final: claimTaken }).catch((error: unknown) => {
      if (!claimTaken(error)) throw error
    })
    log.info(done)
    return 'ended'
  }
}
