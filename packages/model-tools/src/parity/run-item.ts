import {
  denoise,
  frameTexts,
  indicatorRows,
  linearSchedule,
  NoisePredictor,
  pickRows,
  prepareConditioning,
  Sequence,
  trailingSteps,
  type ModelGraphs,
  type NoiseSchedule,
} from '@atelier/ace/stages'
import type { GoldenCase, GoldenDit, GoldenItem } from './golden-dit.js'

/** The schedule of the published models, which the golden files use. */
export const aceSchedule = (): NoiseSchedule => linearSchedule({ trainSteps: 1000, betaStart: 1e-4, betaEnd: 0.02 })

/**
 * One golden item through the pipeline's own sequence builder, graphs and sampler, with both passes of guidance in one
 * batch.
 *
 * @returns the outputs by the file's names, each `[C, h, w]`
 */
export async function runItem(
  item: GoldenItem,
  one: GoldenCase,
  golden: GoldenDit,
  graphs: Pick<ModelGraphs, 'conditioner' | 'denoiser'>,
): Promise<Map<string, Float32Array>> {
  const edits = item.frames.length - 1
  const { conditional, unconditional } = frameTexts(item.texts.at(-1)!, item.texts.slice(0, edits), item.negative)
  const indicators = pickRows(item.indicators, indicatorRows(edits))
  const conditioning = await prepareConditioning(graphs.conditioner, [conditional, unconditional], indicators)
  const sequence = new Sequence(item.frames, 2, golden.channels, golden.patch)
  return predictItem(item, one, new NoisePredictor(graphs.denoiser, sequence, conditioning))
}

/** The outputs of a golden item from a predictor that has been given its frames and texts, see {@link runItem}. */
export async function predictItem(
  item: GoldenItem,
  { sample }: GoldenCase,
  predictor: NoisePredictor,
): Promise<Map<string, Float32Array>> {
  const latent = item.frames[0]!.latent.slice()
  if (sample) {
    const steps = trailingSteps(aceSchedule(), sample.steps)
    const plan = { steps, sampler: 'ddim', prediction: 'eps', guidance: sample, guidanceInterval: [0, 1] } as const
    await denoise(latent, predictor, plan)
    return new Map([['x0_final', latent]])
  }
  if (item.timestep === undefined) throw new Error('a case has neither time steps nor sampling settings')
  const [epsConditional, epsUnconditional] = await predictor.predict(latent, item.timestep)
  return new Map([
    ['eps_cond', epsConditional!],
    ['eps_uncond', epsUnconditional!],
  ])
}
