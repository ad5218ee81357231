import type { GenerateRequest } from '@atelier/ace'
import {
  createEncodingCache,
  defaultCacheBytes,
  encodeConditions,
  NoisePredictor,
  prepareConditioning,
  Sequence,
  type ModelGraphs,
  type TextSegment,
} from '@atelier/ace/stages'
import { compareItem, type Comparison } from './compare.js'
import type { GoldenCase, GoldenDit, GoldenItem } from './golden-dit.js'
import { predictItem } from './run-item.js'

/** A golden file holds the output of the two encoders, not their input: this stands in for them. */
export interface GoldenLookUp {
  /** The embedding of a text, as it would come to the tokeniser. */
  text(text: string): TextSegment
  /** The latent of a picture, `[3, height, width]` in −1 … 1, as it would come to the VAE. */
  latent(pixels: Float32Array): Float32Array
}

/**
 * Compares what a request comes to with a golden item: everything from the request's frames and texts to eps is the
 * pipeline's own, but for the encoders and for the target frame, whose noise, size and mask are the item's.
 */
export async function compareRequest(
  request: GenerateRequest,
  lookUp: GoldenLookUp,
  item: GoldenItem,
  one: GoldenCase,
  golden: GoldenDit,
  graphs: Pick<ModelGraphs, 'conditioner' | 'denoiser'>,
): Promise<Comparison[]> {
  const { channels, patch } = golden
  const downscale = 8
  const manifest = {
    text: { cleaning: [] },
    latent: { downscale, scale: 1 },
    limits: { maxFrameTokens: 64, sizeMultiple: downscale * patch, maxAspect: 4 },
  }
  const encoders = standIns(lookUp, channels, downscale)
  const parts = { manifest, ...encoders, indicators: item.indicators }
  const { frames, passes, indicators } = await encodeConditions(parts, request)
  const conditioning = await prepareConditioning(graphs.conditioner, passes, indicators)
  const sequence = new Sequence([item.frames[0]!, ...frames], passes.length, channels, patch)
  const predictor = new NoisePredictor(graphs.denoiser, sequence, conditioning)
  return compareItem(item, one, await predictItem(item, one, predictor))
}

/** The parts of a model, its encoders replaced. A text's ids are its number, once for each row of its embedding. */
function standIns(lookUp: GoldenLookUp, channels: number, downscale: number) {
  const texts: TextSegment[] = []
  const encode = (text: string): number[] => {
    const segment = lookUp.text(text)
    const number = texts.push(segment) - 1
    return Array.from({ length: segment.length }, () => number)
  }
  const release = async (): Promise<void> => {}
  const textEncoder: Encoder<'textEncoder'> = {
    release,
    async run({ input_ids: { data, dims } }) {
      const segment = texts[Number(data[0])]!
      return { hidden: { data: segment.data, dims: [...dims, segment.data.length / segment.length] } }
    },
  }
  const vaeEncoder: Encoder<'vaeEncoder'> = {
    release,
    async run({ image: { data, dims } }) {
      const [height, width] = [dims[2]! / downscale, dims[3]! / downscale]
      // A copy: the pipeline scales what the encoder gave.
      return { mean: { data: lookUp.latent(data as Float32Array).slice(), dims: [1, channels, height, width] } }
    },
  }
  return {
    graphs: { textEncoder, vaeEncoder },
    tokenizer: { encode },
    cache: createEncodingCache(defaultCacheBytes),
  }
}

type Encoder<Name extends 'textEncoder' | 'vaeEncoder'> = Pick<ModelGraphs[Name], 'run' | 'release'>
