import type { Manifest } from '@atelier/contracts'
import type { ModelGraphs } from '../folder/model-graphs.js'
import { cleanText } from './clean-text.js'
import type { Tokenizer } from './tokenizer.js'

/** The text encoder's output for one text: `[length, width]`, without padding. */
export interface TextSegment {
  data: Float32Array
  length: number
}

/**
 * Encodes texts, each by itself and each distinct one once, in a single batch.
 *
 * @returns one segment a text, in their order; equal texts share theirs
 */
export async function encodeTexts(
  texts: readonly string[],
  encoder: ModelGraphs['textEncoder'],
  tokenizer: Tokenizer,
  settings: Manifest['text'],
): Promise<TextSegment[]> {
  const cleaned = texts.map((text) => cleanText(text, settings.cleaning))
  const distinct = [...new Set(cleaned)]
  const ids = distinct.map((text) => tokenizer.encode(text))
  const longest = Math.max(...ids.map((row) => row.length))
  const dims = [ids.length, longest]
  const inputIds = new BigInt64Array(ids.length * longest).fill(BigInt(settings.padId))
  const attentionMask = new BigInt64Array(ids.length * longest)
  ids.forEach((row, index) =>
    row.forEach((id, position) => {
      inputIds[index * longest + position] = BigInt(id)
      attentionMask[index * longest + position] = 1n
    }),
  )
  const { hidden } = await encoder.run({
    input_ids: { data: inputIds, dims },
    attention_mask: { data: attentionMask, dims },
  })
  const width = hidden.dims[2]!
  const segments = new Map(
    distinct.map((text, index) => {
      const start = index * longest * width
      const length = ids[index]!.length
      return [text, { data: hidden.data.subarray(start, start + length * width), length }]
    }),
  )
  return cleaned.map((text) => segments.get(text)!)
}
