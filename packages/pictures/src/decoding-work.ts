import { AtelierError } from '@atelier/contracts'
import sharp from 'sharp'
import { formatOf } from './formats.js'

/** Longest side of a picture, in pixels. A file of one row or column costs its decoder far more than its pixels. */
export const maxSide = 16_384
/** Most scans of a JPEG. Cameras and editors write 1 to about 20; each scan is a pass over the whole picture. */
export const maxScans = 64

/**
 * How many scans a JPEG has: its SOS markers. Nothing is decoded; segments are skipped by their length and entropy-coded
 * data is searched for the next marker, so it takes time in proportion to the bytes.
 */
export function countScans(file: Uint8Array): number {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  let scans = 0
  for (let at = bytes.indexOf(0xff, 2); at >= 0 && at + 1 < bytes.length;) {
    const marker = bytes[at + 1]!
    if (marker === 0xd9) break // end of the picture; what cameras append (a second picture, a film) is not decoded
    if (marker === 0xff) {
      at += 1 // padding
      continue
    }
    if (marker === 0xda) scans += 1
    const standsAlone = marker === 0 || marker === 1 || (marker >= 0xd0 && marker <= 0xd8)
    const length = standsAlone || at + 4 > bytes.length ? 0 : bytes.readUInt16BE(at + 2)
    at = bytes.indexOf(0xff, at + 2 + length)
  }
  return scans
}

/**
 * Refuses, by its header alone, a file that would cost far more to decode than the picture that it shows is worth.
 * Whether it is a picture at all, and has too many pixels, is for `readPicture` and `readMask` to say.
 *
 * @param maxPixels - of a picture: a JPEG may have no more scans × pixels than sixteen such pictures
 * @returns pixels that decoding will make; 0 for what cannot be read
 * @throws AtelierError `image_too_large` for a side over {@link maxSide}, `image_too_costly` for too many scans
 */
export async function checkDecodingWork(file: Uint8Array, maxPixels: number): Promise<number> {
  const format = formatOf(file)
  if (!format) return 0
  const { width = 0, height = 0 } = await sharp(file, { limitInputPixels: false })
    .metadata()
    .catch(() => ({ width: 0, height: 0 }))
  if (Math.max(width, height) > maxSide) {
    const message = `The picture has ${width}×${height} pixels; a side may have ${maxSide}.`
    throw new AtelierError('image_too_large', message, { width, height, maxSide })
  }
  const scans = format.name === 'jpeg' ? countScans(file) : 1
  if (scans > maxScans || scans * width * height > 16 * maxPixels) {
    const most = Math.min(maxScans, Math.floor((16 * maxPixels) / Math.max(1, width * height)))
    throw new AtelierError('image_too_costly', `The JPEG has ${scans} scans, not at most ${most}.`, {
      scans,
      maxScans: most,
    })
  }
  return width * height
}
