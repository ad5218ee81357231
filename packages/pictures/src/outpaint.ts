import type { OutpaintRequest } from '@atelier/contracts'
import sharp from 'sharp'
import { encodePicture, type Picture } from './picture.js'
import { checkPixels, decoding, decodeFlat } from './read-picture.js'

interface Size {
  width: number
  height: number
}

/** Pixels to add on each side; a ratio above 0 gives at least one. */
function marginsOf({ top, right, bottom, left }: OutpaintRequest, { width, height }: Size) {
  const part = (ratio: number, side: number): number => (ratio > 0 ? Math.max(1, Math.round(ratio * side)) : 0)
  return { top: part(top, height), bottom: part(bottom, height), left: part(left, width), right: part(right, width) }
}

/**
 * Gives a picture room around it, and makes the mask of the new part: white where the model draws. The room continues the
 * picture's edges, so that resizing mixes no foreign colour into what is kept.
 *
 * @param size - of the picture, upright
 * @throws AtelierError `image_too_large` when the result would have more than `maxPixels`
 */
export async function outpaint(
  file: Uint8Array,
  size: Size,
  ratios: OutpaintRequest,
  maxPixels: number,
): Promise<{ image: Picture; mask: Picture }> {
  const margins = marginsOf(ratios, size)
  const [width, height] = [size.width + margins.left + margins.right, size.height + margins.top + margins.bottom]
  checkPixels(width, height, maxPixels, 'The picture would have')
  const mask = sharp({ create: { width: size.width, height: size.height, channels: 3, background: '#000' } })
    .extend({ ...margins, background: '#fff' })
    .toColourspace('b-w')
  return decoding(async () => {
    const grown = (await decodeFlat(file, maxPixels)).extend({ ...margins, extendWith: 'copy' })
    return { image: await encodePicture(grown), mask: await encodePicture(mask) }
  })
}
