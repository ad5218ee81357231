import { roundHalfEven } from '@atelier/pictures'
import { alphaOf, type NoiseSchedule } from './noise-schedule.js'

/** What the sampler knows of its `count` steps. */
export interface SamplingSteps {
  count: number
  /** `[count]`, descending, fractional unless `count` divides the training steps. */
  timesteps: Float64Array
  /** `[count]`, rounded: what the network is told. */
  modelTimesteps: Float64Array
  /** `[count]` float32, at the floored time step: they turn eps into x_0. */
  alphas: Float32Array
  sigmas: Float32Array
  /** `[count + 1]` float32, interpolated at the time step, then 1 and 0: they make the update. */
  alphasVp: Float32Array
  sigmasVp: Float32Array
}

/**
 * Even steps that begin at the last training step ("trailing").
 *
 * @param count - 1 … the number of training steps
 * @throws RangeError outside that range
 */
export function trailingSteps(schedule: NoiseSchedule, count: number): SamplingSteps {
  const total = schedule.alphas.length
  if (!Number.isInteger(count) || count < 1 || count > total)
    throw new RangeError(`steps must be 1 to ${total}, not ${count}`)
  // Multiplied before it is divided: so whole time steps (499 of 30 steps) come out whole, not just below.
  const timesteps = Float64Array.from({ length: count }, (_, index) => total - 1 - (index * total) / count)
  const floors = Array.from(timesteps, Math.floor)
  const sigmasVp = Float32Array.from([...timesteps].map((t) => interpolatedSigma(schedule, t)).concat(0))
  return {
    count,
    timesteps,
    modelTimesteps: timesteps.map(roundHalfEven),
    alphas: Float32Array.from(floors, (t) => schedule.alphas[t]!),
    sigmas: Float32Array.from(floors, (t) => schedule.sigmas[t]!),
    alphasVp: sigmasVp.map(alphaOf),
    sigmasVp,
  }
}

/** Sigma between two training steps: linear in the logarithm of noise over signal, which is nearly straight. */
function interpolatedSigma({ alphas, sigmas }: NoiseSchedule, timestep: number): number {
  const logRatio = (t: number): number => Math.log(sigmas[t]! / alphas[t]!)
  const low = Math.floor(timestep)
  const share = timestep - low
  const ratio = Math.exp((1 - share) * logRatio(low) + share * logRatio(Math.ceil(timestep)))
  return ratio / Math.sqrt(1 + ratio * ratio)
}

/**
 * How far DPM-Solver++ (2M) carries on from the pictures of this step and of the one before: half this step over the step
 * before, both in log(signal / noise). 0 for the first step and the last one.
 */
export function extrapolation({ alphasVp, sigmasVp, count }: SamplingSteps, index: number): number {
  if (index === 0 || index === count - 1) return 0
  const level = (i: number): number => Math.log(alphasVp[i]! / sigmasVp[i]!)
  return (level(index + 1) - level(index)) / (level(index) - level(index - 1)) / 2
}
