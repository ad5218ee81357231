import { trailingSteps, type SamplingGraphs, type SamplingSteps } from '@atelier/ace/stages'
import { relativeError } from '../relative-error.js'
import type { GoldenCase, GoldenDit, GoldenItem } from './golden-dit.js'
import { aceSchedule, runItem } from './run-item.js'

/** How far one output of one case is from the reference. `ml/atelier_ml/parity` writes the same records. */
export interface Comparison {
  case: string
  output: string
  engine: string
  /** Largest difference over the standard deviation of the expected output; null = not a number. */
  error: number | null
  tolerance: number
  passed: boolean
}

const stepTolerance = 1e-4
const samplingTolerance = 1e-3

/**
 * Every case of a golden file: one comparison an output, the worst of all batch items. The engine is called `sampler` with
 * the graphs for CUDA, wherever they run.
 */
export async function compare(golden: GoldenDit, graphs: SamplingGraphs): Promise<Comparison[]> {
  const comparisons = []
  const engine = 'sampler' in graphs ? 'sampler' : 'typescript'
  for (const one of golden.cases) {
    const worst = new Map<string, number>()
    for (const item of one.items) {
      const outputs = await runItem(item, one, golden, graphs)
      // Math.max keeps a NaN.
      for (const { output, error } of compareItem(item, one, outputs))
        worst.set(output, Math.max(worst.get(output) ?? 0, error))
    }
    for (const [output, error] of worst)
      comparisons.push({ ...comparison(one.name, output, error, toleranceOf(one)), engine })
    if (one.sample && engine === 'typescript')
      comparisons.push(...compareSchedule(one, trailingSteps(aceSchedule(), one.sample.steps)))
  }
  return comparisons
}

/** One item's outputs against the expected ones; an output that is missing has the error NaN. */
export function compareItem(
  item: GoldenItem,
  one: GoldenCase,
  outputs: ReadonlyMap<string, Float32Array>,
): (Comparison & { error: number })[] {
  return [...item.expected].map(([output, expected]) =>
    comparison(one.name, output, relativeError(outputs.get(output), expected), toleranceOf(one)),
  )
}

const toleranceOf = ({ sample }: GoldenCase): number => (sample ? samplingTolerance : stepTolerance)

/** The sampler's tables against those of a sampling case. */
function compareSchedule({ name, schedule }: GoldenCase, steps: SamplingSteps): Comparison[] {
  const ours = new Map<string, ArrayLike<number>>([
    ['timesteps', steps.timesteps],
    ['sigmas_vp', steps.sigmasVp],
    ['alphas_bar_init', steps.alphas],
    ['sigmas_init', steps.sigmas],
  ])
  return [...schedule].map(([output, expected]) =>
    comparison(name, output, relativeError(ours.get(output), expected), stepTolerance),
  )
}

function comparison(name: string, output: string, error: number, tolerance: number): Comparison & { error: number } {
  return { case: name, output, engine: 'typescript', error, tolerance, passed: error <= tolerance }
}
