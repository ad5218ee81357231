// The only file here that knows sharp.
import { decodeWhole } from '@atelier/pictures/decode'
import sharp from 'sharp'
import { UnreadableImageError } from '../errors.js'
import type { Raster } from './raster.js'

/** Most pixels that are decoded: a picture of 4096×4096 takes 50 MB as RGB. */
export const maxPixels = 4096 * 4096

/**
 * Decodes a PNG, JPEG or WebP file to RGB, or to grey when `grey` is set: turned upright as its EXIF data says, its
 * first page alone, transparency laid over white (over black for grey, so that transparent means "not marked").
 *
 * @throws UnreadableImageError for other formats, files that are damaged or end too early, and more than {@link maxPixels}
 */
export async function decodeImage(file: Uint8Array, { grey = false } = {}): Promise<Raster> {
  const channels = grey ? 1 : 3
  try {
    const { data, info } = await decodeWhole(file, maxPixels, (upright) =>
      upright
        .flatten({ background: grey ? '#000' : '#fff' })
        .toColourspace(grey ? 'b-w' : 'srgb')
        .raw({ depth: 'uchar' }),
    )
    if (info.channels !== channels) throw new Error(`${info.channels} channels instead of ${channels}`)
    return { data, width: info.width, height: info.height, channels }
  } catch (error) {
    throw new UnreadableImageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** RGB pixels `[height, width, 3]`, 0–255, as a PNG file. */
export async function encodePng(pixels: Uint8Array, width: number, height: number): Promise<Uint8Array> {
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer()
}
