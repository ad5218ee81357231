import {
  denoise,
  frameTexts,
  indicatorRows,
  linearSchedule,
  NoisePredictor,
  pickRows,
  prepareConditioning,
  projectTexts,
  readPlanes,
  SamplerRuns,
  Sequence,
  trailingSteps,
  type NoiseSchedule,
  type SamplingGraphs,
  type SamplingPlan,
} from '@atelier/ace/stages'
import type { GoldenCase, GoldenDit, GoldenItem } from './golden-dit.js'
import { readNoise } from './noise-reader.js'

/** Steps of a run of the sampler graph: not a divisor of the golden runs' steps. */
const stepsPerRun = 4

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
  graphs: SamplingGraphs,
): Promise<Map<string, Float32Array>> {
  const edits = item.frames.length - 1
  const { conditional, unconditional } = frameTexts(item.texts.at(-1)!, item.texts.slice(0, edits), item.negative)
  const indicators = pickRows(item.indicators, indicatorRows(edits))
  const passes = [conditional, unconditional]
  const sequence = new Sequence(item.frames, 2, golden.channels, golden.patch)
  if ('sampler' in graphs) {
    const texts = await projectTexts(graphs.textProjector, passes, indicators)
    return sampleItem(item, one, new SamplerRuns(graphs.sampler, sequence, texts, stepsPerRun), sequence)
  }
  const conditioning = await prepareConditioning(graphs.conditioner, passes, indicators)
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
    await denoise(latent, predictor, planOf(sample))
    return new Map([['x0_final', latent]])
  }
  const [epsConditional, epsUnconditional] = await predictor.predict(latent, timeOf(item))
  return new Map([
    ['eps_cond', epsConditional!],
    ['eps_uncond', epsUnconditional!],
  ])
}

/** {@link predictItem} by the sampler graph. */
async function sampleItem(
  item: GoldenItem,
  { sample }: GoldenCase,
  runs: SamplerRuns,
  { target }: Sequence,
): Promise<Map<string, Float32Array>> {
  const latent = item.frames[0]!.latent.slice()
  if (sample) {
    await runs.sample(latent, planOf(sample))
    return new Map([['x0_final', latent]])
  }
  const read = await readNoise((own) => runs.run(true, own), runs.toPatches(latent), timeOf(item))
  const [conditional, unconditional] = read.map((noise) => readPlanes(noise, target))
  return new Map([
    ['eps_cond', conditional!],
    ['eps_uncond', unconditional!],
  ])
}

const planOf = (sample: NonNullable<GoldenCase['sample']>): SamplingPlan => ({
  steps: trailingSteps(aceSchedule(), sample.steps),
  sampler: 'ddim',
  prediction: 'eps',
  guidance: sample,
  guidanceInterval: [0, 1],
})

function timeOf({ timestep }: GoldenItem): number {
  if (timestep === undefined) throw new Error('a case has neither time steps nor sampling settings')
  return timestep
}
