import type { PictureFormat } from './formats.js'
import { decodeFlat, decoding } from './read-picture.js'

/** What {@link convertPicture} makes of a picture. */
export interface Conversion {
  format: PictureFormat['name']
  /** Of JPEG and WebP, 1–100. */
  quality: number
  /** Pixels; left out: as it is. */
  size?: { width: number; height: number }
}

/**
 * Encodes a picture in another format, in another size if asked. It is laid over white.
 *
 * @param maxPixels - of the given picture, width × height
 * @throws AtelierError of `decodeWhole` for a file that cannot be read
 */
export async function convertPicture(
  file: Uint8Array,
  { format, quality, size }: Conversion,
  maxPixels: number,
): Promise<Uint8Array> {
  return decoding(async () => {
    const flat = await decodeFlat(file, maxPixels)
    const sized = size ? flat.resize(size.width, size.height, { fit: 'fill' }) : flat
    return (format === 'png' ? sized.png() : sized[format]({ quality })).toBuffer()
  })
}
