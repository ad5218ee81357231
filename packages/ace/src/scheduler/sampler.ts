import type { Sampler as SamplerName } from '@atelier/contracts'
import { DdimSampler } from './ddim.js'
import { Dpm2mSampler } from './dpm-2m.js'
import type { SamplingSteps } from './sampling-steps.js'

/** Turns predicted noise into the next latent; made anew for each picture. */
export interface Sampler {
  /** The picture that the last step predicted, in the latents' order; overwritten by a later step. */
  readonly predicted: Float32Array
  /**
   * Moves `latent` from the noise level of step `index` to the next one, in place. Steps come in order, from 0.
   *
   * @param eps - the noise that the model sees in it, already guided
   * @param index - 0 … count − 1
   */
  step(latent: Float32Array, eps: Float32Array, index: number): void
}

/** @param size - numbers of one latent */
export function createSampler(name: SamplerName, steps: SamplingSteps, size: number): Sampler {
  return name === 'ddim' ? new DdimSampler(steps, size) : new Dpm2mSampler(steps, size)
}
