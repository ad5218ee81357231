import type { GenerateRequest, OpenModelOptions } from '@atelier/ace'
import { closeGraphs, generate, readModelParts, type ModelGraphs, type ModelParts } from '@atelier/ace/stages'
import { relativeError } from '../relative-error.js'

/**
 * How far each step of a model is from that of another with the same networks, such as its fp32 conversion. The
 * reference makes the picture; at each step the other gets the same latents, time and frames, and the keys and values
 * that its own conditioner made of the reference's texts.
 *
 * @param folder - the model to be judged
 * @param reference - folder of the other; its text encoder and its VAE are used for both
 * @returns one number a step: largest difference over the standard deviation of the reference's noise, of the worse of
 *   the two passes of guidance; NaN when one of them is not finite
 * @throws ModelFolderError, and what `generate` throws
 */
export async function compareSteps(
  folder: string,
  reference: string,
  request: GenerateRequest,
  options: Pick<OpenModelOptions, 'device' | 'threads'> = {},
): Promise<number[]> {
  const other = await readModelParts(folder, options)
  const parts = await readModelParts(reference, options)
  try {
    const errors: number[] = []
    await generate({ ...parts, graphs: inStep(parts.graphs, other.graphs, errors) }, request)
    return errors
  } finally {
    await closeGraphs(parts.graphs)
    await closeGraphs(other.graphs)
  }
}

/** The reference's graphs, beside whose conditioner and denoiser those of the other run. */
function inStep(graphs: ModelGraphs, other: ModelGraphs, errors: number[]): ModelParts['graphs'] {
  type Conditioned = Awaited<ReturnType<ModelGraphs['conditioner']['run']>>
  let own: Conditioned
  const release = async (): Promise<void> => {}
  const conditioner: ModelParts['graphs']['conditioner'] = {
    release,
    async run(inputs) {
      own = await other.conditioner.run(inputs)
      return graphs.conditioner.run(inputs)
    },
  }
  const denoiser: ModelParts['graphs']['denoiser'] = {
    release,
    async run(inputs) {
      const { eps: actual } = await other.denoiser.run({ ...inputs, ...own })
      const { eps } = await graphs.denoiser.run(inputs)
      const length = eps.data.length / eps.dims[0]!
      const rows = Array.from({ length: eps.dims[0]! }, (_, row) => [row * length, (row + 1) * length] as const)
      // Math.max keeps a NaN.
      errors.push(
        Math.max(...rows.map((row) => relativeError(actual.data.subarray(...row), eps.data.subarray(...row)))),
      )
      return { eps }
    },
  }
  return { ...graphs, conditioner, denoiser }
}
