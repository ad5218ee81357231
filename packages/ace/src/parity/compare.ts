import type { ModelGraphs } from '../folder/model-graphs.js'
import { deviation } from '../scheduler/guide.js'
import { linearSchedule } from '../scheduler/noise-schedule.js'
import { trailingSteps, type SamplingSteps } from '../scheduler/sampling-steps.js'
import type { GoldenCase, GoldenDit } from './golden-dit.js'
import { runItem } from './run-item.js'

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

/** Every case of a golden file: one comparison an output, the worst of all batch items. */
export async function compare(
  golden: GoldenDit,
  graphs: Pick<ModelGraphs, 'conditioner' | 'denoiser'>,
): Promise<Comparison[]> {
  const comparisons = []
  for (const one of golden.cases) {
    const steps = one.sample ? trailingSteps(aceSchedule(), one.sample.steps) : undefined
    const worst = new Map<string, number>()
    for (const item of one.items) {
      const outputs = await runItem(item, one, golden, graphs, steps)
      // Math.max keeps a NaN.
      for (const [output, expected] of item.expected) {
        worst.set(output, Math.max(worst.get(output) ?? 0, relativeError(outputs.get(output), expected)))
      }
    }
    for (const [output, error] of worst)
      comparisons.push(comparison(one.name, output, error, one.sample ? samplingTolerance : stepTolerance))
    if (steps) comparisons.push(...compareSchedule(one, steps))
  }
  return comparisons
}

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

/** The schedule of the published models, which the golden files use. */
const aceSchedule = () => linearSchedule({ trainSteps: 1000, betaStart: 1e-4, betaEnd: 0.02 })

function comparison(name: string, output: string, error: number, tolerance: number): Comparison {
  return { case: name, output, engine: 'typescript', error, tolerance, passed: error <= tolerance }
}

/** Largest difference over the standard deviation of `expected`; NaN when shapes differ or a number is none. */
function relativeError(actual: ArrayLike<number> | undefined, expected: Float32Array): number {
  if (actual?.length !== expected.length) return NaN
  return (
    expected.reduce((worst, value, index) => Math.max(worst, Math.abs(actual[index]! - value)), 0) / deviation(expected)
  )
}
