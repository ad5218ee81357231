import type { GenerateRequest } from '@atelier/ace'
import {
  bytesOfTensors,
  createEncodingCache,
  defaultCacheBytes,
  generate,
  type ModelGraphs,
  type ModelParts,
  type NumberArray,
} from '@atelier/ace/stages'
import type { Manifest } from '@atelier/contracts'

/** Bytes to and from the device in one generation. */
export interface Traffic {
  /** Of all tensors given to graphs. */
  bytesIn: number
  /** Of all tensors taken from graphs. */
  bytesOut: number
  /** Runs of each graph. */
  runs: Record<string, number>
}

type Graphs = {
  [Name in 'textEncoder' | 'vaeEncoder' | 'vaeDecoder' | 'textProjector' | 'sampler' | 'keptSampler']: Pick<
    ModelGraphs[Name],
    'run' | 'release'
  >
}

/**
 * Counts what a generation by the graphs for CUDA moves, without weights: the pipeline runs as it is, and graphs answer
 * with zeros in the shapes and types of the real ones.
 *
 * @param manifest - sizes and precision of the model; with `cuda`
 * @param tokens - of each text, its EOS among them
 */
export async function countTraffic(manifest: Manifest, request: GenerateRequest, tokens: number): Promise<Traffic> {
  const traffic: Traffic = { bytesIn: 0, bytesOut: 0, runs: {} }
  const { dit } = manifest
  const parts: ModelParts = {
    manifest,
    graphs: zeroGraphs(manifest, traffic),
    tokenizer: { encode: () => Array.from({ length: tokens }, () => 1) },
    indicators: new Float32Array(10 * dit.textWidth),
    cache: createEncodingCache(defaultCacheBytes),
  }
  await generate(parts, request)
  return traffic
}

function zeroGraphs({ dit, latent, precision }: Manifest, traffic: Traffic): Graphs {
  const floats = (...dims: number[]) => ({ data: new Float32Array(dims.reduce((a, b) => a * b)), dims })
  const halves = (...dims: number[]) =>
    // Handed on from graph to graph, never read.
    ({ data: new Uint16Array(dims.reduce((a, b) => a * b)) as unknown as Float32Array, dims })
  const textNumbers = precision === 'fp16' || precision === 'mixed' ? halves : floats
  const graph = <In extends string, Out extends string>(
    name: string,
    answer: (inputs: Record<In, NumberArray>) => Record<Out, NumberArray<Float32Array>>,
  ) => ({
    release: async () => {},
    async run(inputs: Record<In, NumberArray>) {
      const outputs = answer(inputs)
      traffic.bytesIn += bytesOfTensors(inputs)
      traffic.bytesOut += bytesOfTensors(outputs)
      traffic.runs[name] = (traffic.runs[name] ?? 0) + 1
      return outputs
    },
  })
  const next = ({ latent: { dims } }: Parameters<ModelGraphs['sampler']['run']>[0]) => ({
    next_latent: floats(...dims),
    next_predicted: floats(...dims),
  })
  return {
    textEncoder: graph('textEncoder', ({ input_ids: { dims } }) => ({ hidden: floats(...dims, dit.textWidth) })),
    vaeEncoder: graph('vaeEncoder', ({ image: { dims } }) => ({
      mean: floats(1, latent.channels, dims[2]! / latent.downscale, dims[3]! / latent.downscale),
    })),
    textProjector: graph('textProjector', ({ hidden: { dims } }) => ({
      text: textNumbers(...dims.slice(0, 3), dit.width),
      indicator_embedding: floats(dims[0]!, dims[1]!, dit.width),
    })),
    sampler: graph('sampler', next),
    keptSampler: graph('keptSampler', next),
    vaeDecoder: graph('vaeDecoder', ({ latent: { dims } }) => ({
      image: floats(1, 3, dims[2]! * latent.downscale, dims[3]! * latent.downscale),
    })),
  }
}
