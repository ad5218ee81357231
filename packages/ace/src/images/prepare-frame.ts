import { MaskSizeError } from '../errors.js'
import type { ConditionFrame } from '../types.js'
import { fitSize, type SizeLimits } from '@atelier/pictures'
import { decodeImage } from './image-files.js'
import { crop } from './raster.js'
import { resizeBicubic } from './resize-bicubic.js'
import { shrinkMask } from './shrink-mask.js'

/** A condition image as the VAE reads it. */
export interface PreparedFrame {
  width: number
  height: number
  /** `[3, height, width]`, −1 … 1. */
  pixels: Float32Array
  /** The same before anything is erased: `[height, width, 3]`, 0–255. */
  rgb: Uint8Array
  /** `[height, width]`, 1 = marked, at least one pixel is; null without a mask or with none marked. */
  mask: Uint8Array | null
  /** Whether the mask marks something, but only outside the part of the image that is used. */
  maskOutside: boolean
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
  const { width, height } = fit
  const rgb = resizeBicubic(cut, width, height).data
  const pixels = normalise(rgb)
  const unmasked = { width, height, pixels, rgb, mask: null, maskOutside: false }
  if (!frame.mask) return unmasked

  const drawn = await decodeImage(frame.mask, { grey: true })
  if (drawn.width !== image.width || drawn.height !== image.height) throw new MaskSizeError(image, drawn)
  const part = crop(drawn, fit.left, fit.top, fit.cropWidth, fit.cropHeight)
  const mask = shrinkMask(
    part.data.map((level) => (isMarked(level) ? 1 : 0)),
    part,
    fit,
  )
  if (!mask.includes(1)) return { ...unmasked, maskOutside: drawn.data.some(isMarked) }
  if (frame.maskMode === 'erase') erase(pixels, mask)
  return { ...unmasked, mask }
}

const isMarked = (level: number): boolean => level >= 128

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
