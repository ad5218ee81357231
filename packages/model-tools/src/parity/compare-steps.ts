import type { GenerateRequest, OpenModelOptions } from '@atelier/ace'
import { closeGraphs, firstRow, generate, readModelParts, type SamplingGraphs } from '@atelier/ace/stages'
import { relativeError } from '../relative-error.js'
import { readNoise } from './noise-reader.js'

/**
 * How far each step of a model is from that of another with the same networks, such as its fp32 conversion. The
 * reference makes the picture; at each step the other gets the same latents, time and frames, and what its own graph made
 * of the reference's texts. Both must have the same kind of graphs for the device.
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
  options: Pick<OpenModelOptions, 'device' | 'threads' | 'graphsOf'> = {},
): Promise<number[]> {
  const other = await readModelParts(folder, options)
  const parts = await readModelParts(reference, options)
  // One step in a run, so that each step is seen.
  const manifest = { ...parts.manifest, cuda: parts.manifest.cuda && { ...parts.manifest.cuda, stepsPerRun: 1 } }
  try {
    const errors: number[] = []
    const graphs = { ...parts.graphs, ...inStep(parts.graphs, other.graphs, errors) }
    await generate({ ...parts, manifest, graphs }, request)
    return errors
  } finally {
    await closeGraphs(parts.graphs)
    await closeGraphs(other.graphs)
  }
}

/** The reference's graphs, beside whose graphs those of the other run. */
function inStep(graphs: SamplingGraphs, other: SamplingGraphs, errors: number[]): SamplingGraphs {
  const release = async (): Promise<void> => {}
  if ('sampler' in graphs) {
    if (!('sampler' in other)) throw new Error('one of the folders has graphs for CUDA, the other has none')
    return samplersInStep(graphs, other, errors)
  }
  if ('sampler' in other) throw new Error('one of the folders has graphs for CUDA, the other has none')
  let own: Awaited<ReturnType<typeof graphs.conditioner.run>>
  return {
    conditioner: {
      release,
      async run(inputs) {
        own = await other.conditioner.run(inputs)
        return graphs.conditioner.run(inputs)
      },
    },
    denoiser: {
      release,
      async run(inputs) {
        // Nothing, in the other's width.
        const history = { ...inputs.history, dims: [...inputs.history.dims.slice(0, -1), own.keys.dims.at(-1)!] }
        const { eps: actual } = await other.denoiser.run({ ...inputs, ...own, history })
        const { eps, kept } = await graphs.denoiser.run(inputs)
        const length = eps.data.length / eps.dims[0]!
        const rows = Array.from({ length: eps.dims[0]! }, (_, row) => [row * length, (row + 1) * length] as const)
        const one = rows.map((row) => relativeError(actual.data.subarray(...row), eps.data.subarray(...row)))
        // Math.max keeps a NaN.
        errors.push(Math.max(...one))
        return { eps, kept }
      },
    },
  }
}

type SamplerGraphs = Extract<SamplingGraphs, { sampler: unknown }>

/** {@link inStep} for sampler graphs: each is asked what its network says of the reference's latent. */
function samplersInStep(graphs: SamplerGraphs, other: SamplerGraphs, errors: number[]): SamplerGraphs {
  const release = async (): Promise<void> => {}
  let own: Awaited<ReturnType<typeof graphs.textProjector.run>>
  return {
    textProjector: {
      release,
      async run(inputs) {
        own = await other.textProjector.run(inputs)
        return graphs.textProjector.run(inputs)
      },
    },
    sampler: {
      release,
      async run(inputs) {
        const time = (inputs.timesteps.data as Float32Array)[0]!
        const batch = inputs.text.dims[0]!
        // Without guidance a run has the first row alone.
        const text = {
          text: batch === own.text.dims[0] ? own.text : firstRow(own.text),
          indicator_embedding: batch === own.text.dims[0] ? own.indicator_embedding : firstRow(own.indicator_embedding),
        }
        const actual = await readNoise((run) => other.sampler.run({ ...inputs, ...text, ...run }), inputs.latent, time)
        const expected = await readNoise((run) => graphs.sampler.run({ ...inputs, ...run }), inputs.latent, time)
        errors.push(Math.max(...actual.map((row, index) => relativeError(row, expected[index]!))))
        return graphs.sampler.run(inputs)
      },
    },
  }
}
