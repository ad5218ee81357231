import type { Sampler } from './sampler.js'
import type { SamplingSteps } from './sampling-steps.js'

/** Deterministic DDIM (eta 0). Works on flat arrays, whatever their order. */
export class DdimSampler implements Sampler {
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
