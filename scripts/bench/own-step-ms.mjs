import { denoise } from '../../packages/ace/dist/src/pipeline/denoise.js'
import { NoisePredictor } from '../../packages/ace/dist/src/pipeline/noise-predictor.js'
import { linearSchedule } from '../../packages/ace/dist/src/scheduler/noise-schedule.js'
import { trailingSteps } from '../../packages/ace/dist/src/scheduler/sampling-steps.js'
import { Sequence } from '../../packages/ace/dist/src/sequence/sequence.js'

const stepCount = 20

/**
 * Milliseconds that the sampling loop of packages/ace spends on a step outside the graph: patches, guidance, DDIM. The
 * denoiser stands still: it answers at once, always the same.
 */
export async function ownStepMs({ frames, side, batch, channels, patch }) {
  const [height, width] = [side * patch, side * patch]
  const latent = Float32Array.from({ length: channels * height * width }, (_, i) => Math.sin(i))
  const frame = { height, width, latent, mask: new Float32Array(height * width).fill(1) }
  const sequence = new Sequence(
    Array.from({ length: frames }, () => frame),
    batch,
    channels,
    patch,
  )
  const eps = { data: Float32Array.from({ length: batch * latent.length }, (_, i) => Math.cos(i)), dims: [] }
  const predictor = new NoisePredictor({ run: async () => ({ eps }) }, sequence, {})
  const schedule = linearSchedule({ trainSteps: 1000, betaStart: 0.0001, betaEnd: 0.02 })
  const plan = {
    steps: trailingSteps(schedule, stepCount),
    sampler: 'ddim',
    prediction: 'eps',
    guidance: { scale: 4.5, rescale: 0.5 },
    guidanceInterval: [0, 1],
  }
  await denoise(latent.slice(), predictor, plan)
  const began = performance.now()
  await denoise(latent.slice(), predictor, plan)
  return (performance.now() - began) / stepCount
}
