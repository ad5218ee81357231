import type { ModelGraphs } from '../folder/model-graphs.js'
import { denoise } from '../pipeline/denoise.js'
import { NoisePredictor } from '../pipeline/noise-predictor.js'
import type { SamplingSteps } from '../scheduler/sampling-steps.js'
import { prepareConditioning } from '../sequence/conditioning.js'
import { Sequence } from '../sequence/sequence.js'
import type { GoldenCase, GoldenDit, GoldenItem } from './golden-dit.js'

/**
 * One golden item through the pipeline's own sequence builder, graphs and sampler, with both passes of guidance in one
 * batch.
 *
 * @returns the outputs by the file's names, each `[C, h, w]`
 */
export async function runItem(
  item: GoldenItem,
  { sample }: GoldenCase,
  { channels, patch }: GoldenDit,
  graphs: Pick<ModelGraphs, 'conditioner' | 'denoiser'>,
  steps: SamplingSteps | undefined,
): Promise<Map<string, Float32Array>> {
  const { conditional, unconditional } = item.texts
  const conditioning = await prepareConditioning(graphs.conditioner, [conditional, unconditional], item.indicators)
  const predictor = new NoisePredictor(graphs.denoiser, new Sequence(item.frames, 2, channels, patch), conditioning)
  const latent = item.frames[0]!.latent.slice()
  if (sample && steps) {
    await denoise(latent, predictor, steps, sample)
    return new Map([['x0_final', latent]])
  }
  if (item.timestep === undefined) throw new Error('a case has neither time steps nor sampling settings')
  const [epsConditional, epsUnconditional] = await predictor.predict(latent, item.timestep)
  return new Map([
    ['eps_cond', epsConditional!],
    ['eps_uncond', epsUnconditional!],
  ])
}
