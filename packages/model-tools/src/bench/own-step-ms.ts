import {
  denoise,
  linearSchedule,
  NoisePredictor,
  Sequence,
  trailingSteps,
  type Conditioning,
  type SamplingPlan,
} from '@atelier/ace/stages'

const stepCount = 20

/** Sizes of a step: `frames` square frames, the target among them, of `side` tokens along one side. */
export interface OwnStep {
  frames: number
  side: number
  batch: number
  channels: number
  patch: number
}

/**
 * Milliseconds that the sampling loop of packages/ace spends on a step outside the graph: patches, guidance, DDIM. The
 * denoiser is a stand-in that answers at once, always the same.
 */
export async function ownStepMs({ frames, side, batch, channels, patch }: OwnStep): Promise<number> {
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
  const predictor = new NoisePredictor({ run: async () => ({ eps, kept: nothing }) }, sequence, emptyConditioning)
  const schedule = linearSchedule({ trainSteps: 1000, betaStart: 0.0001, betaEnd: 0.02 })
  const plan: SamplingPlan = {
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

const nothing = { data: new Float32Array(), dims: [0, 0, 0, 0, 0] }
const emptyConditioning: Conditioning = {
  keys: nothing,
  values: nothing,
  indicatorEmbedding: nothing,
  textLengths: nothing,
}
