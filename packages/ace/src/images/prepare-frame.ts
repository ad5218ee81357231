import { MaskSizeError } from '../errors/mask-size-error.js'
import type { ConditionFrame } from '../types.js'
import { crop } from './crop.js'
import { decodeImage } from './decode-image.js'
import { fitSize, type SizeLimits } from './fit-size.js'
import { resizeBicubic } from './resize-bicubic.js'
import { resizeNearest } from './resize-nearest.js'

/** A condition image as the VAE reads it. */
export interface PreparedFrame {
  width: number
  height: number
  /** `[3, height, width]`, −1 … 1. */
  pixels: Float32Array
  /** `[height, width]`, 1 = marked; null without a mask or with nothing marked. */
  mask: Uint8Array | null
}

/**
 * Decodes, crops, resizes and normalises a condition image and its mask. A mask pixel counts as marked from mid-grey
 * up. With `maskMode: 'erase'` marked pixels become −1.
 *
 * @throws UnreadableImageError, MaskSizeError
 */
export async function prepareFrame(
  frame: Pick<ConditionFrame, 'image' | 'mask' | 'maskMode'>,
  limits: SizeLimits,
): Promise<PreparedFrame> {
  const image = await decodeImage(frame.image)
  const fit = fitSize(image.width, image.height, limits)
  const cut = crop(image, fit.left, fit.top, fit.cropWidth, fit.cropHeight)
  const pixels = normalise(resizeBicubic(cut, fit.width, fit.height).data)
  const { width, height } = fit
  if (!frame.mask) return { width, height, pixels, mask: null }

  const drawn = await decodeImage(frame.mask, { grey: true })
  if (drawn.width !== image.width || drawn.height !== image.height) throw new MaskSizeError(image, drawn)
  const part = crop(drawn, fit.left, fit.top, fit.cropWidth, fit.cropHeight)
  const mask = resizeNearest(part, width, height).data.map((level) => (level >= 128 ? 1 : 0))
  if (!mask.includes(1)) return { width, height, pixels, mask: null }
  if (frame.maskMode === 'erase') erase(pixels, mask)
  return { width, height, pixels, mask }
}

/** Interleaved 8-bit RGB → planes in −1 … 1. */
function normalise(rgb: Uint8Array): Float32Array {
  const area = rgb.length / 3
  const planes = new Float32Array(rgb.length)
  for (let c = 0; c < 3; c++) for (let i = 0; i < area; i++) planes[c * area + i] = rgb[i * 3 + c]! / 127.5 - 1
  return planes
}

function erase(planes: Float32Array, mask: Uint8Array): void {
  for (let i = 0; i < planes.length; i++) if (mask[i % mask.length] === 1) planes[i] = -1
}
