import type { Device, GenerateRequest } from '@atelier/ace'
import { closeGraphs, generate, readModelParts, type SamplingGraphs } from '@atelier/ace/stages'
import { relativeError } from '../relative-error.js'

/** A folder with the graphs for CUDA, a kept sampler among them, and where they run. */
interface Place {
  folder: string
  device: Device
}

type Samplers = Extract<SamplingGraphs, { sampler: unknown }>

const steps = 5

/** What is made. `threshold`: of step caching, in place of the request's: 0 computes every step, more than any change one. */
interface Case {
  request: GenerateRequest
  threshold: number
}

/**
 * How far runs of five steps of a kept sampler are from those of another with the same network, such as its fp32 conversion.
 * Both get the same latent and frames, and each what its own graph makes of the texts, which the reference encodes.
 *
 * @returns for each case the largest difference over the standard deviation of the reference, of the worse of the latent
 *   and the predicted picture; NaN when one of them is not finite
 * @throws ModelFolderError, and what `generate` throws
 */
export async function compareKeptRuns(judged: Place, reference: Place, cases: readonly Case[]): Promise<number[]> {
  const read = ({ folder, device }: Place) => readModelParts(folder, { device, graphsOf: 'cuda' })
  const [other, parts] = [await read(judged), await read(reference)]
  const { graphs } = parts
  try {
    if (!('sampler' in graphs && graphs.keptSampler && 'sampler' in other.graphs && other.graphs.keptSampler))
      throw new Error('one of the folders has no kept_sampler.onnx')
    const [theirs, ours] = [graphs, other.graphs]
    const [expectedOf, actualOf] = [graphs.keptSampler, other.graphs.keptSampler]
    const release = async (): Promise<void> => {}
    let texts: Awaited<ReturnType<typeof ours.textProjector.run>>
    let [threshold, error] = [0, NaN]
    const inStep: Pick<Required<Samplers>, 'textProjector' | 'keptSampler'> = {
      textProjector: {
        release,
        async run(inputs) {
          texts = await ours.textProjector.run(inputs)
          return theirs.textProjector.run(inputs)
        },
      },
      keptSampler: {
        release,
        async run(inputs) {
          const same = { ...inputs, threshold: { data: Float32Array.of(threshold), dims: [1] } }
          const actual = await actualOf.run({ ...same, ...texts })
          const expected = await expectedOf.run(same)
          error = Math.max(
            relativeError(actual.next_latent.data, expected.next_latent.data),
            relativeError(actual.next_predicted.data, expected.next_predicted.data),
          )
          return expected
        },
      },
    }
    // The last step is the sampler's. Some threshold: without a history, the pipeline takes the sampler for all steps.
    const changes = { steps: steps + 1, historyRefresh: steps, stepCache: 1 }
    const errors: number[] = []
    for (const { request, threshold: wanted } of cases) {
      ;[threshold, error] = [wanted, NaN]
      await generate({ ...parts, graphs: { ...graphs, ...inStep } }, { ...request, ...changes })
      errors.push(error)
    }
    return errors
  } finally {
    await closeGraphs(parts.graphs)
    await closeGraphs(other.graphs)
  }
}
