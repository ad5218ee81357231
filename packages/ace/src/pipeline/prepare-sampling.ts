import type { Manifest } from '@atelier/contracts'
import type { SamplingGraphs } from '../model-folder/model-graphs.js'
import { prepareConditioning, projectTexts } from '../sequence/conditioning.js'
import type { Sequence } from '../sequence/sequence.js'
import type { TextSegment } from '../text/encode-texts.js'
import { denoise, type DenoiseHooks, type SamplingPlan } from './denoise.js'
import { NoisePredictor } from './noise-predictor.js'
import { SamplerRuns } from './sampler-runs.js'

/** Makes noise `[channels, height, width]` a latent, in place, and releases its graph; throws as {@link denoise} does. */
export type Sample = (latent: Float32Array, plan: SamplingPlan, hooks: DenoiseHooks) => Promise<void>

/** Projects the texts of a generation and returns how its latent is sampled, by the graphs that the model has. */
export async function prepareSampling(
  graphs: SamplingGraphs,
  { cuda }: Pick<Manifest, 'cuda'>,
  sequence: Sequence,
  passes: readonly (readonly TextSegment[])[],
  indicators: Float32Array,
): Promise<Sample> {
  if ('sampler' in graphs) {
    const texts = await projectTexts(graphs.textProjector, passes, indicators)
    await graphs.textProjector.release()
    const runs = new SamplerRuns(graphs.sampler, sequence, texts, cuda?.stepsPerRun ?? 1)
    return async (latent, plan, hooks) => {
      await runs.sample(latent, plan, hooks)
      await graphs.sampler.release()
    }
  }
  const conditioning = await prepareConditioning(graphs.conditioner, passes, indicators)
  await graphs.conditioner.release()
  const predictor = new NoisePredictor(graphs.denoiser, sequence, conditioning)
  return async (latent, plan, hooks) => {
    await denoise(latent, predictor, plan, hooks)
    await graphs.denoiser.release()
  }
}
