import type { EncodedFrame } from '../pipeline/encode-frames.js'
import type { TextSegment } from '../text/encode-texts.js'
import { LruCache } from './lru-cache.js'

/** Default bound of a model's {@link EncodingCache}, in bytes: about 100 texts and 700 unmasked frames of 1024×1024. */
export const defaultCacheBytes = 256 * 2 ** 20

/**
 * What one opened model has encoded, so that a conversation's next turn encodes only what is new in it. Keys begin with
 * the request's `cacheScope`. What is in here is shared between generations: nobody may write into its arrays.
 */
export interface EncodingCache {
  texts: LruCache<TextSegment>
  images: LruCache<EncodedFrame>
}

/** @param maxBytes - of texts and images together: images may fill three quarters, texts one */
export function createEncodingCache(maxBytes: number): EncodingCache {
  return { texts: new LruCache(maxBytes / 4), images: new LruCache((maxBytes * 3) / 4) }
}

/** Joins the parts of a key, so that no two lists of parts give the same one. */
export const cacheKey = (...parts: (string | null)[]): string => JSON.stringify(parts)
