import type { Manifest } from '@atelier/contracts'
import { cleanText, type Tokenizer } from '@atelier/text'
import type { LRUCache } from 'lru-cache'
import { cacheKey } from '../cache-key.js'
import type { ModelGraphs } from '../model-folder/model-graphs.js'

/** The text encoder's output for one text: `[length, width]`, without padding. */
export interface TextSegment {
  data: Float32Array
  length: number
}

/** What it takes to encode texts. */
export interface TextParts {
  encoder: Pick<ModelGraphs['textEncoder'], 'run'>
  tokenizer: Pick<Tokenizer, 'encode'>
  settings: Pick<Manifest['text'], 'cleaning'>
  /** Texts encoded before; takes up the new ones. */
  cache: LRUCache<string, TextSegment>
}

/**
 * Texts → segments. A text that the scope has had before, cleaned, is not encoded again.
 *
 * Each runs alone: in a batch its last bits could depend on the padding, so on what else happened to be new, and a
 * generation could not be repeated exactly. For the few texts of a turn a batch saves nothing (four texts on ace-mini:
 * 3.8 ms in one batch, 2.5 ms one by one).
 *
 * @param scope - see `GenerateRequest.cacheScope`
 * @returns one segment a text, in their order, and how many were encoded now; segments are shared: read only
 */
export async function encodeTexts(
  texts: readonly string[],
  { encoder, tokenizer, settings, cache }: TextParts,
  scope: string,
): Promise<{ segments: TextSegment[]; encoded: number }> {
  const segments = []
  let encoded = 0
  for (const text of texts) {
    const cleaned = cleanText(text, settings.cleaning)
    const key = cacheKey(scope, cleaned)
    let segment = cache.get(key)
    if (!segment) {
      segment = await encodeText(tokenizer.encode(cleaned), encoder)
      cache.set(key, segment)
      encoded++
    }
    segments.push(segment)
  }
  return { segments, encoded }
}

async function encodeText(ids: readonly number[], encoder: TextParts['encoder']): Promise<TextSegment> {
  const dims = [1, ids.length]
  const { hidden } = await encoder.run({
    input_ids: { data: BigInt64Array.from(ids, BigInt), dims },
    attention_mask: { data: new BigInt64Array(ids.length).fill(1n), dims },
  })
  return { data: hidden.data, length: ids.length }
}
