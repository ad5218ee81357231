import type { Sampler as SamplerName } from '@atelier/contracts'
import { extrapolation, type SamplingSteps } from './sampling-steps.js'

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

/** Deterministic DDIM (eta 0). Works on flat arrays, whatever their order. */
class DdimSampler implements Sampler {
  readonly predicted: Float32Array

  /** @param size - numbers of one latent */
  constructor(
    private readonly steps: SamplingSteps,
    size: number,
  ) {
    this.predicted = new Float32Array(size)
  }

  step(latent: Float32Array, eps: Float32Array, index: number): void {
    const { alphas, sigmas, alphasVp, sigmasVp } = this.steps
    const alpha = alphas[index]!
    const sigma = sigmas[index]!
    const [alphaNow, alphaNext] = [alphasVp[index]!, alphasVp[index + 1]!]
    const [sigmaNow, sigmaNext] = [sigmasVp[index]!, sigmasVp[index + 1]!]
    for (let i = 0; i < latent.length; i++) {
      const x0 = (latent[i]! - sigma * eps[i]!) / alpha
      const direction = (latent[i]! - alphaNow * x0) / sigmaNow
      this.predicted[i] = x0
      latent[i] = alphaNext * x0 + sigmaNext * direction
    }
  }
}

/**
 * DPM-Solver++ (2M) of Lu and others (2022): second order, one prediction a step. It is DDIM with the picture that this
 * step and the one before predict, carried on to the middle of the step along the logarithm of signal over noise.
 * The first step has nothing before it, and the last one ends where that logarithm is infinite: both are DDIM's.
 */
class Dpm2mSampler implements Sampler {
  private current: Float32Array
  private previous: Float32Array

  /** @param size - numbers of one latent */
  constructor(
    private readonly steps: SamplingSteps,
    size: number,
  ) {
    this.current = new Float32Array(size)
    this.previous = new Float32Array(size)
  }

  get predicted(): Float32Array {
    return this.current
  }

  step(latent: Float32Array, eps: Float32Array, index: number): void {
    const { alphas, sigmas, alphasVp, sigmasVp } = this.steps
    const alpha = alphas[index]!
    const sigma = sigmas[index]!
    const [alphaNow, alphaNext] = [alphasVp[index]!, alphasVp[index + 1]!]
    const [sigmaNow, sigmaNext] = [sigmasVp[index]!, sigmasVp[index + 1]!]
    const share = extrapolation(this.steps, index)
    ;[this.current, this.previous] = [this.previous, this.current]
    for (let i = 0; i < latent.length; i++) {
      const x0 = (latent[i]! - sigma * eps[i]!) / alpha
      const ahead = x0 + share * (x0 - this.previous[i]!)
      const direction = (latent[i]! - alphaNow * ahead) / sigmaNow
      this.current[i] = x0
      latent[i] = alphaNext * ahead + sigmaNext * direction
    }
  }
}
