import { AtelierError } from '@atelier/contracts'
import pLimit from 'p-limit'
import sharp, { type Sharp } from 'sharp'
import { formatOf, isAnimatedPng, type PictureFormat } from './formats.js'
import { encodePicture, makeThumbnail, type Picture } from './picture.js'

/** The file of an upload or of an archive. */
export interface PictureFile {
  bytes: Uint8Array
  /** Of the bytes, hexadecimal; whoever receives a file hashes it, and nobody after. */
  sha256: string
}

/** Bounds the memory of everything that decodes here: a picture at the limit takes 50 MB. */
export const decoding = pLimit(2)

const unsupported = (cause?: unknown) => new AtelierError('unsupported_image', undefined, undefined, { cause })

/** Opens a file for decoding: bounded before anything is decoded, the first page alone, upright, damage is an error. */
export const openPicture = (file: Uint8Array, maxPixels: number): Sharp =>
  sharp(file, { limitInputPixels: maxPixels, pages: 1, failOn: 'warning' }).autoOrient()

function checkedFormat(file: Uint8Array): PictureFormat {
  const format = formatOf(file)
  if (!format) throw unsupported()
  return format
}

async function uprightSize(
  file: Uint8Array,
  { name }: PictureFormat,
  maxPixels: number,
): Promise<{ width: number; height: number }> {
  // Reads the header alone. Nothing is decoded, so the limit need not apply here, and too many pixels can be told apart
  // from damage.
  const metadata = await sharp(file, { limitInputPixels: false, pages: 1 })
    .metadata()
    .catch((error: unknown) => {
      throw unsupported(error)
    })
  const { format, width, height, autoOrient, pages = 1 } = metadata
  if (format !== name || !width || !height) throw unsupported()
  if (pages > 1 || (format === 'png' && isAnimatedPng(file)))
    throw new AtelierError('unsupported_image', 'The picture is animated; only still ones can be used.')
  checkPixels(width, height, maxPixels, 'The picture has')
  return { width: autoOrient.width, height: autoOrient.height }
}

/**
 * @param beginning - of the error's sentence, before the size
 * @throws AtelierError `image_too_large` for more than `maxPixels`
 */
export function checkPixels(width: number, height: number, maxPixels: number, beginning: string): void {
  if (width * height <= maxPixels) return
  const details = { width, height, maxPixels }
  throw new AtelierError('image_too_large', `${beginning} ${width}×${height} pixels.`, details)
}

/**
 * Reads an uploaded picture. Its bytes stay as they are; decoding it whole once, for the thumbnail, proves that it can be
 * read.
 *
 * @param maxPixels - width × height, checked before decoding
 * @throws AtelierError `unsupported_image`, `image_too_large`
 */
export async function readPicture({ bytes, sha256 }: PictureFile, maxPixels: number): Promise<Picture> {
  const format = checkedFormat(bytes)
  return decoding(async () => {
    const size = await uprightSize(bytes, format, maxPixels)
    const thumbnail = await makeThumbnail(openPicture(bytes, maxPixels)).catch((error: unknown) => {
      throw unsupported(error)
    })
    return { body: bytes, sha256, contentType: format.contentType, ...size, thumbnail }
  })
}

/**
 * Reads an uploaded mask and makes it a grey PNG: white = edit here; transparent counts as black.
 *
 * @throws AtelierError `unsupported_image`, `image_too_large`, `mask_empty` when no pixel is at least half white
 */
export async function readMask({ bytes }: PictureFile, maxPixels: number): Promise<Picture> {
  const format = checkedFormat(bytes)
  return decoding(async () => {
    await uprightSize(bytes, format, maxPixels)
    const grey = openPicture(bytes, maxPixels).flatten({ background: '#000' }).toColourspace('b-w')
    const mask = await encodePicture(grey).catch((error: unknown) => {
      throw unsupported(error)
    })
    const { channels } = await sharp(mask.body).stats()
    if (channels[0]!.max < 128) throw new AtelierError('mask_empty')
    return mask
  })
}
