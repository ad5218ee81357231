import { LRUCache } from 'lru-cache'
import type { EncodedFrame } from './pipeline/encode-frames.js'
import type { TextSegment } from './text/encode-texts.js'

/** Default bound of a model's {@link EncodingCache}, in bytes: about 100 texts and 700 unmasked frames of 1024×1024. */
export const defaultCacheBytes = 256 * 2 ** 20

/**
 * What one opened model has encoded, so that a conversation's next turn encodes only what is new in it. Keys begin with
 * the request's `cacheScope`. Entries are shared between generations: nobody may write into their arrays.
 */
export interface EncodingCache {
  texts: LRUCache<string, TextSegment>
  images: LRUCache<string, EncodedFrame>
}

/**
 * A cache that drops what was not asked for longest; an entry larger than its bound is not kept.
 *
 * @param maxBytes - of texts and images together: images may fill three quarters, texts one
 */
export function createEncodingCache(maxBytes: number): EncodingCache {
  // At least one byte, which nothing fits in: to the library 0 means no bound.
  const bound = (share: number): number => Math.max(1, Math.floor(maxBytes * share))
  return {
    texts: new LRUCache({ maxSize: bound(1 / 4), sizeCalculation: ({ data }) => data.byteLength }),
    images: new LRUCache({ maxSize: bound(3 / 4), sizeCalculation: frameBytes }),
  }
}

const frameBytes = ({ latent, mask, source }: EncodedFrame): number =>
  latent.byteLength + mask.byteLength + (source ? source.rgb.byteLength + source.mask.byteLength : 0)
