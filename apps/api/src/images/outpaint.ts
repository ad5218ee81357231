import { AtelierError, type OutpaintRequest } from '@atelier/contracts'
import sharp, { type Sharp } from 'sharp'
import { decoding, makeThumbnail, open, type Picture } from './picture.js'

interface Margins {
  top: number
  right: number
  bottom: number
  left: number
}

/**
 * Pixels to add on each side: ratios of the height (top, bottom) or width (left, right), rounded, at least 1 unless 0.
 */
export function marginsOf(ratios: OutpaintRequest, { width, height }: { width: number; height: number }): Margins {
  const part = (ratio: number, side: number): number => (ratio > 0 ? Math.max(1, Math.round(ratio * side)) : 0)
  return {
    top: part(ratios.top, height),
    bottom: part(ratios.bottom, height),
    left: part(ratios.left, width),
    right: part(ratios.right, width),
  }
}

async function png(picture: Sharp, maxPixels: number): Promise<Picture> {
  const {
    data: body,
    info: { width, height },
  } = await picture.png().toBuffer({ resolveWithObject: true })
  return {
    body,
    width,
    height,
    contentType: 'image/png',
    extension: 'png',
    thumbnail: await makeThumbnail(open(body, maxPixels)),
  }
}

/**
 * A picture with room around it and the mask of the new part: white where the model shall draw. The room goes on with the
 * picture's edges, so that resizing mixes no foreign colour into what is kept.
 *
 * @throws AtelierError `image_too_large` when the result would have more than `maxPixels`
 */
export async function outpaint(
  file: Uint8Array,
  size: { width: number; height: number },
  ratios: OutpaintRequest,
  maxPixels: number,
): Promise<{ image: Picture; mask: Picture }> {
  const margins = marginsOf(ratios, size)
  const [width, height] = [size.width + margins.left + margins.right, size.height + margins.top + margins.bottom]
  if (width * height > maxPixels)
    throw new AtelierError('image_too_large', `The picture would have ${width}×${height} pixels.`, {
      width,
      height,
      maxPixels,
    })
  const grown = open(file, maxPixels)
    .flatten({ background: '#fff' })
    .toColourspace('srgb')
    .extend({ ...margins, extendWith: 'copy' })
  const mask = sharp({ create: { ...size, channels: 3, background: '#000' } })
    .extend({ ...margins, background: '#fff' })
    .toColourspace('b-w')
  return decoding.run(async () => ({ image: await png(grown, maxPixels), mask: await png(mask, maxPixels) }))
}
