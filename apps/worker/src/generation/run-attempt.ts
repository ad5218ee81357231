import { AtelierError, type ErrorCode, type Failure } from '@atelier/contracts'
import type { ClaimedGeneration, WorkRepository } from '@atelier/database'
import { StopError, type JobContext } from '@atelier/queue'
import { failpoint } from '@atelier/service'
import type { StepDone } from '../inference/messages.js'
import { modelProbe, storeProbe } from '../probes.js'
import type { WorkerHealth } from '../worker-health.js'
import type { AttemptResult, WorkerMetrics } from '../worker-metrics.js'
import { makePicture, type MadePicture, type MakePictureDeps } from './make-picture.js'
import type { RunningGenerations } from './running-generations.js'
import { StepReporter } from './step-reporter.js'
import { deletePicture } from './store-picture.js'
import { claimTaken, failureOf, stopReasonOf, verdictOn } from './verdict.js'
import { withRetries } from './with-retries.js'

/** See {@link runAttempt}. */
export type AttemptEnd = 'ended' | 'again' | 'elsewhere'

/** What it takes to handle a generation. */
export interface WorkerDeps extends MakePictureDeps {
  work: WorkRepository
  health: WorkerHealth
  metrics: WorkerMetrics
  running: RunningGenerations
  /** Path of the model folder by model name. */
  folders: ReadonlyMap<string, string>
  /** Most generations of one owner that run at once on all workers; undefined: any number. */
  runningPerOwner: number | undefined
}

/** An error of the database that another try may mend: it is away. */
const databaseAway = (error: unknown) => error instanceof AtelierError && error.code === 'unavailable'

/** Repeats a write while the database is away. */
const record = <T>(write: () => Promise<T>, signal?: AbortSignal): Promise<T> =>
  withRetries(write, { final: (error) => !databaseAway(error), ...(signal && { signal }) })

/**
 * One attempt at a generation that this worker has claimed. `README.md` lists what it does for each `StopReason` and
 * `Verdict`.
 *
 * @returns `ended` when the job has nothing more to do; `again` when the model's process exited: the claim is left as it
 *   is, so that the next one counts this attempt as lost (a release would not count); `elsewhere` when another worker
 *   should try it
 * @throws what the queue should try again later for: the worker shuts down, the lock is lost, the database is away
 */
export async function runAttempt(claim: ClaimedGeneration, context: JobContext, deps: WorkerDeps): Promise<AttemptEnd> {
  const { work, status, running, objects, health, kept, metrics, log } = deps
  const stopping = new AbortController()
  const { signal } = stopping
  const stop = (stopError: StopError) => {
    if (signal.aborted) return
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
  const folder = deps.folders.get(claim.model)
  let storing = false
  metrics.began(claim, claim.waitSeconds)
  try {
    if (context.signal.aborted) onContext()
    if (claim.cancelRequested) cancel()
    signal.throwIfAborted()
    if (!folder) {
      const message = `No worker that tried it serves the model ${claim.model}.`
      return await tryElsewhere({ code: 'unknown_model', message })
    }
    const beforeStoring = async () => {
      await reporter.idle()
      signal.throwIfAborted()
      const answer = await record(() => work.step(claim, claim.parameters.steps), signal)
      if (answer.cancelRequested) throw new StopError('cancelled')
      storing = true
    }
    let stepped: number | undefined
    const onStep = (step: StepDone) => {
      const now = performance.now()
      // the first step's time has the encoding in it
      if (stepped !== undefined) metrics.step(claim.model, (now - stepped) / 1000)
      stepped = now
      reporter.done(step)
    }
    // the owner may cancel it while the store is waited for
    const onStoreFailure = () => reporter.check()
    const made = await makePicture(claim, folder, deps, { signal, onStep, onStoreFailure, beforeStoring })
    health.succeeded()
    const outcome = await succeed(made)
    kept.forget(claim.id)
    failpoint(outcome === 'cancelled' ? 'late-cancel-stored' : 'success-stored')
    if (outcome === 'cancelled') await discard()
    metrics.made(claim.model, made.timings, Object.keys(claim.images).length)
    over(outcome)
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
      return await record(() => work.succeed(claim, result), signal)
    } catch (error) {
      if (claimTaken(error) && stopReasonOf(signal.reason) === 'cancelled') return 'cancelled'
      throw error
    }
  }

  async function settle(error: unknown): Promise<AttemptEnd> {
    const reason = stopReasonOf(error)
    if (reason === 'claim-taken') {
      over('lost')
      log.warn('the generation is no longer this attempt’s: nothing more is written')
      return 'ended'
    }
    if (reason === 'lock-lost') {
      over('lost')
      await giveBack()
      throw error
    }
    if (reason === 'cancelled') {
      await end(() => work.cancelled(claim), 'cancelled')
      if (storing) await discard()
      return 'ended'
    }
    const verdict = verdictOn(error)
    log[verdict ? 'error' : 'warn'](error, 'attempt failed')
    switch (verdict?.fault) {
      case 'request':
        return await end(() => work.fail(claim, verdict.failure), 'failed', verdict.failure.code)
      case 'model':
        health.failed(error as Error, modelProbe(folder!, deps))
        return await tryElsewhere(verdict.failure)
      case 'store':
        health.failed(error as Error, storeProbe(deps))
        return await tryElsewhere(verdict.failure)
      case 'outage':
        // it was waited for: other jobs could only wait, too
        health.stepBack((error as Error).message, storeProbe(deps))
        await release()
        return 'elsewhere'
    }
    if (reason === 'inference-exited' && !status.closing && !status.restarting) {
      health.failed(error as Error, modelProbe(folder!, deps))
      if (health.reason !== null) return await tryElsewhere(failureOf('worker_lost'))
      over('lost', 'worker_lost')
      return 'again'
    }
    await release()
    throw error
  }

  async function tryElsewhere(failure: Failure): Promise<AttemptEnd> {
    let next: AttemptEnd = 'ended'
    await write(async () => {
      if ((await work.tryElsewhere(claim, status.id, failure)) === 'queued') next = 'elsewhere'
    })
    failpoint('handover-stored')
    over(next === 'ended' ? 'failed' : 'elsewhere', failure.code)
    log.info({ next, code: failure.code }, 'another worker tries it, unless that was the last attempt')
    return next
  }

  async function release(): Promise<void> {
    await write(() => work.release(claim))
    failpoint('release-stored')
    over('released')
    log.info('generation released')
  }

  /** Refused if another worker has the job already; otherwise nobody need wait for this one to be silent for a minute. */
  async function giveBack(): Promise<void> {
    await work.release(claim).then(
      () => failpoint('release-stored'),
      (failure: unknown) => log.warn(failure, 'the generation was not released'),
    )
  }

  async function end(change: () => Promise<void>, how: 'cancelled' | 'failed', code?: ErrorCode): Promise<'ended'> {
    await write(change)
    failpoint('end-stored')
    kept.forget(claim.id)
    over(how, code)
    log.info(`generation ${how}`)
    return 'ended'
  }

  /** Deletes what was stored of a picture that nobody wants any more. The sweep of the store finds what cannot be deleted now. */
  async function discard(): Promise<void> {
    await deletePicture(objects, claim.id).catch((error: unknown) => log.warn(error))
  }

  function over(result: AttemptResult, code?: ErrorCode): void {
    metrics.ended(claim.model, result, code)
  }

  async function write(change: () => Promise<void>): Promise<void> {
    await record(change).catch((error: unknown) => {
      if (!claimTaken(error)) throw error
    })
  }
}
