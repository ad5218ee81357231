import type { Tokenizer } from '@atelier/text'
import type { EncodingCache } from '../encoding-cache.js'
import type { ModelGraphs } from '../model-folder/model-graphs.js'
import { frameTexts, indicatorRows, pickRows } from '../sequence/conditioning.js'
import { encodeTexts, type TextParts, type TextSegment } from '../text/encode-texts.js'
import type { GenerateRequest, GenerateResult } from '../types.js'
import { encodeFrames, type EncodedFrame, type FrameParts } from './encode-frames.js'

/** What it takes to encode a request. */
export interface ConditionParts {
  manifest: { text: TextParts['settings'] } & FrameParts['manifest']
  graphs: { [Name in 'textEncoder' | 'vaeEncoder']: Pick<ModelGraphs[Name], 'run' | 'release'> }
  tokenizer: Pick<Tokenizer, 'encode'>
  /** `[10, text width]`. */
  indicators: Float32Array
  cache: EncodingCache
}

/** Texts and condition images of a request. */
export interface EncodedConditions {
  /** The condition frames, without the target. */
  frames: EncodedFrame[]
  /** Rows of the batch: the conditional pass and, unless the guidance scale is 1, the unconditional one. */
  passes: TextSegment[][]
  /** Each frame's row of the indicator table, the target's first, `[F, Y]`. */
  indicators: Float32Array
  /** See `GenerateResult.encoded`. */
  encoded: GenerateResult['encoded']
}

/**
 * All of a request that is the same at every step.
 *
 * @throws UnreadableImageError, MaskSizeError, MaskEmptyError, GenerationAbortedError, OutOfMemoryError, GraphError
 */
export async function encodeConditions(
  parts: ConditionParts,
  request: GenerateRequest,
  signal?: AbortSignal,
): Promise<EncodedConditions> {
  const { manifest, graphs, cache } = parts
  const { passes, encoded: texts } = await encodePasses(parts, request)
  await graphs.textEncoder.release()
  const frameParts = { encoder: graphs.vaeEncoder, manifest, cache: cache.images }
  const { frames, encoded: images } = await encodeFrames(request, frameParts, signal)
  await graphs.vaeEncoder.release()
  const indicators = pickRows(parts.indicators, indicatorRows(frames.length))
  return { frames, passes, indicators, encoded: { texts, images } }
}

/** Text segments of each row of the batch. */
async function encodePasses(
  { manifest, graphs, tokenizer, cache }: ConditionParts,
  request: GenerateRequest,
): Promise<{ passes: TextSegment[][]; encoded: number }> {
  const texts = frameTexts(
    request.instruction,
    request.frames.map((frame) => frame.instruction),
    request.negativePrompt,
  )
  const rows = request.guidanceScale === 1 ? [texts.conditional] : [texts.conditional, texts.unconditional]
  const textParts = { encoder: graphs.textEncoder, tokenizer, settings: manifest.text, cache: cache.texts }
  const { segments, encoded } = await encodeTexts(rows.flat(), textParts, request.cacheScope)
  return { passes: rows.map((row, index) => segments.slice(index * row.length, (index + 1) * row.length)), encoded }
}
