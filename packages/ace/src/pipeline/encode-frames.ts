import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Manifest } from '@atelier/contracts'
import type { LRUCache } from 'lru-cache'
import { cacheKey } from '../cache-key.js'
import { MaskEmptyError, MaskOutsideError } from '../errors.js'
import type { SizeLimits } from '@atelier/pictures'
import type { MaskedSource } from '../images/keep-unmasked.js'
import { prepareFrame, type PreparedFrame } from '../images/prepare-frame.js'
import { latentMask } from '../images/shrink-mask.js'
import type { ModelGraphs } from '../model-folder/model-graphs.js'
import type { LatentFrame } from '../sequence/sequence.js'
import type { GenerateRequest } from '../types.js'
import { throwIfAborted } from './throw-if-aborted.js'

/** A condition image as latent with its mask. */
export interface EncodedFrame extends Required<LatentFrame> {
  /** What `keepUnmasked` needs; null without a mask or with none marked. */
  source: MaskedSource | null
  /** Whether the mask marks something, but only outside the part of the image that is used. */
  maskOutside: boolean
}

/** What it takes to encode condition images. */
export interface FrameParts {
  encoder: Pick<ModelGraphs['vaeEncoder'], 'run'>
  manifest: { latent: Pick<Manifest['latent'], 'downscale' | 'scale'>; limits: SizeLimits }
  /** Frames encoded before; takes up the new ones. */
  cache: LRUCache<string, EncodedFrame>
}

/**
 * Condition images → latents with their masks, one after another. One whose files and mask mode the scope has had
 * before is neither decoded nor encoded again. A mask that marks nothing is refused in the current turn; in the history
 * it is no mask, so that a turn that failed for it does not spoil the ones after it.
 *
 * @returns the frames in their order, and how many were encoded now; frames are shared: read only
 * @throws UnreadableImageError, MaskSizeError, MaskEmptyError, MaskOutsideError, GenerationAbortedError
 */
export async function encodeFrames(
  { frames, currentFrames, cacheScope }: Pick<GenerateRequest, 'frames' | 'currentFrames' | 'cacheScope'>,
  { encoder, manifest, cache }: FrameParts,
  signal?: AbortSignal,
): Promise<{ frames: EncodedFrame[]; encoded: number }> {
  const results = []
  let encoded = 0
  for (const [index, frame] of frames.entries()) {
    throwIfAborted(signal, `image ${index + 1}`)
    const key = cacheKey(cacheScope, digest(frame.image), frame.mask && digest(frame.mask), frame.maskMode)
    let result = cache.get(key)
    if (!result) {
      result = await encodeFrame(await prepareFrame(frame, manifest.limits), encoder, manifest.latent)
      cache.set(key, result)
      encoded++
      await setImmediate()
    }
    const current = index >= frames.length - currentFrames
    if (current && frame.mask && !result.source)
      throw result.maskOutside ? new MaskOutsideError() : new MaskEmptyError()
    results.push(result)
  }
  return { frames: results, encoded }
}

async function encodeFrame(
  frame: PreparedFrame,
  encoder: FrameParts['encoder'],
  { downscale, scale }: FrameParts['manifest']['latent'],
): Promise<EncodedFrame> {
  const { mean } = await encoder.run({ image: { data: frame.pixels, dims: [1, 3, frame.height, frame.width] } })
  const [height, width] = [frame.height / downscale, frame.width / downscale]
  for (let i = 0; i < mean.data.length; i++) mean.data[i]! *= scale
  const mask = latentMask(frame.mask, height, width, downscale)
  const source = frame.mask && { rgb: frame.rgb, mask: frame.mask }
  return { height, width, latent: mean.data, mask, source, maskOutside: frame.maskOutside }
}

const digest = (file: Uint8Array): string => createHash('sha256').update(file).digest('base64')
