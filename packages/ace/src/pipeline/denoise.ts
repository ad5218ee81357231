import { setImmediate } from 'node:timers/promises'
import type { Prediction, Sampler as SamplerName } from '@atelier/contracts'
import { InvalidOutputError } from '../errors.js'
import { createSampler } from '../scheduler/create-sampler.js'
import { guide, isGuided, type Guidance } from '../scheduler/guide.js'
import { velocityToNoise } from '../scheduler/noise-schedule.js'
import type { SamplingSteps } from '../scheduler/sampling-steps.js'
import type { NoisePredictor } from './noise-predictor.js'
import { throwIfAborted } from './throw-if-aborted.js'

/** How a latent is sampled. */
export interface SamplingPlan {
  steps: SamplingSteps
  sampler: SamplerName
  /** What the denoiser predicts; see the manifest. */
  prediction: Prediction
  guidance: Guidance
  /** Shares of the steps, 0 … 1, between which guidance is used; outside them a step costs one pass instead of two. */
  guidanceInterval: readonly [from: number, to: number]
}

/** What happens between the steps. */
export interface DenoiseHooks {
  signal?: AbortSignal | undefined
  /**
   * Awaited after each step.
   *
   * @param step - 1 … the number of steps
   * @param predicted - the latent that the step predicts for the end; overwritten by the next step
   */
  onStep?(step: number, predicted: Float32Array): void | Promise<void>
}

/**
 * Sampling: noise becomes a latent, in place.
 *
 * @param latent - `[channels, height, width]`, at first noise of deviation 1
 * @param predictor - with a batch of two for guidance, else of one
 * @throws GenerationAbortedError, InvalidOutputError, and what the graph throws
 */
export async function denoise(
  latent: Float32Array,
  predictor: NoisePredictor,
  { steps, sampler: name, prediction, guidance, guidanceInterval }: SamplingPlan,
  hooks: DenoiseHooks = {},
): Promise<void> {
  const sampler = createSampler(name, steps, latent.length)
  for (let index = 0; index < steps.count; index++) {
    throwIfAborted(hooks.signal, `step ${index + 1}`)
    const guided = isGuided(index, steps.count, guidanceInterval)
    const last = index === steps.count - 1
    const [conditional, unconditional] = await predictor.predict(latent, steps.modelTimesteps[index]!, guided, last)
    const predicted = conditional!
    if (unconditional) guide(predicted, unconditional, guidance, predicted)
    if (prediction === 'v') velocityToNoise(predicted, latent, steps.alphas[index]!, steps.sigmas[index]!)
    sampler.step(latent, predicted, index)
    if (!latent.every(Number.isFinite)) throw new InvalidOutputError(`step ${index + 1}`)
    await hooks.onStep?.(index + 1, sampler.predicted)
    // Graphs run on this thread: only here can messages such as a cancel come in.
    await setImmediate()
  }
}
