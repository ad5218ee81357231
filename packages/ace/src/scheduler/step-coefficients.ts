import type { Prediction, Sampler } from '@atelier/contracts'
import { extrapolation, type SamplingSteps } from './sampling-steps.js'

/** Numbers of a step in {@link stepCoefficients}. */
export const coefficientsPerStep = 5

/**
 * The steps of a sampler as the sampler graph takes them, `[count, 5]`. With a, b, c, d, e of a step, where `output` is the
 * network's after guidance:
 *
 *     picture = a · latent + b · output
 *     ahead = picture + c · (picture − the picture of the step before)
 *     next latent = d · ahead + e · latent
 */
export function stepCoefficients(name: Sampler, steps: SamplingSteps, prediction: Prediction): Float32Array {
  const { alphas, sigmas, alphasVp, sigmasVp, count } = steps
  const rows = Array.from({ length: count }, (_, index) => {
    const [alpha, sigma] = [alphas[index]!, sigmas[index]!]
    const kept = sigmasVp[index + 1]! / sigmasVp[index]!
    return [
      prediction === 'eps' ? 1 / alpha : (1 - sigma * sigma) / alpha,
      prediction === 'eps' ? -sigma / alpha : -sigma,
      name === 'ddim' ? 0 : extrapolation(steps, index),
      alphasVp[index + 1]! - kept * alphasVp[index]!,
      kept,
    ]
  })
  return Float32Array.from(rows.flat())
}
