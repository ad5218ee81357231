import { setImmediate } from 'node:timers/promises'
import type { Manifest } from '@atelier/contracts'
import type { ModelGraphs } from '../folder/model-graphs.js'
import { prepareFrame, type PreparedFrame } from '../images/prepare-frame.js'
import { latentMask } from '../sequence/latent-mask.js'
import type { LatentFrame } from '../sequence/sequence.js'
import type { ConditionFrame } from '../types.js'
import { throwIfAborted } from './throw-if-aborted.js'

/**
 * Condition images → latents with their masks, one after another.
 *
 * @throws UnreadableImageError, MaskSizeError, GenerationAbortedError
 */
export async function encodeFrames(
  frames: readonly ConditionFrame[],
  encoder: ModelGraphs['vaeEncoder'],
  manifest: Manifest,
  signal?: AbortSignal,
): Promise<Required<LatentFrame>[]> {
  const encoded = []
  for (const [index, frame] of frames.entries()) {
    throwIfAborted(signal, `image ${index + 1}`)
    encoded.push(await encodeFrame(await prepareFrame(frame, manifest.limits), encoder, manifest.latent))
    await setImmediate()
  }
  return encoded
}

async function encodeFrame(
  frame: PreparedFrame,
  encoder: ModelGraphs['vaeEncoder'],
  { downscale, scale }: Manifest['latent'],
): Promise<Required<LatentFrame>> {
  const { mean } = await encoder.run({ image: { data: frame.pixels, dims: [1, 3, frame.height, frame.width] } })
  const [height, width] = [frame.height / downscale, frame.width / downscale]
  for (let i = 0; i < mean.data.length; i++) mean.data[i]! *= scale
  return { height, width, latent: mean.data, mask: latentMask(frame.mask, height, width, downscale) }
}
