import { AtelierError } from '@atelier/contracts'
import sharp, { type Sharp } from 'sharp'
import { isAnimatedPng } from './is-animated-png.js'
import { pictureType, type PictureType } from './picture-type.js'
import { TurnTaking } from './turn-taking.js'

/** Longest side of a thumbnail in pixels. */
export const thumbnailSide = 256

/** A file that is ready to be stored. */
export interface Picture extends Omit<PictureType, 'format'> {
  body: Uint8Array
  /** Pixels, upright: turned as the file's EXIF data says. */
  width: number
  height: number
  /** WebP, at most {@link thumbnailSide} pixels on a side. */
  thumbnail: Uint8Array
}

/** Everything that decodes takes turns here: a picture at the limit takes 50 MB. */
export const decoding = new TurnTaking(2)
const unsupported = (cause?: unknown) => new AtelierError('unsupported_image', undefined, undefined, { cause })

/** The decoder for all pictures: bounded before anything is decoded, the first page alone, damage is an error. */
export const open = (file: Uint8Array, maxPixels: number): Sharp =>
  sharp(file, { limitInputPixels: maxPixels, pages: 1, failOn: 'warning' }).autoOrient()

async function uprightSize(
  file: Uint8Array,
  type: PictureType,
  maxPixels: number,
): Promise<{ width: number; height: number }> {
  // the header alone: nothing is decoded, so the limit need not apply here, and its excess can be told apart from
  // damage
  const {
    format,
    width,
    height,
    autoOrient,
    pages = 1,
  } = await sharp(file, { limitInputPixels: false, pages: 1 })
    .metadata()
    .catch((error: unknown) => {
      throw unsupported(error)
    })
  if (format !== type.format || !width || !height) throw unsupported()
  if (pages > 1 || (format === 'png' && isAnimatedPng(file)))
    throw new AtelierError('unsupported_image', 'The picture is animated; only still ones can be used.')
  if (width * height > maxPixels)
    throw new AtelierError('image_too_large', `The picture has ${width}×${height} pixels.`, {
      width,
      height,
      maxPixels,
    })
  return { width: autoOrient.width, height: autoOrient.height }
}

/** A small copy of a picture. */
export const makeThumbnail = (picture: Sharp): Promise<Uint8Array> =>
  picture.resize(thumbnailSide, thumbnailSide, { fit: 'inside', withoutEnlargement: true }).webp().toBuffer()

/**
 * Reads an uploaded picture. Its bytes stay as they are; decoding it whole once, for the thumbnail, proves that it
 * can be read.
 *
 * @param maxPixels - width × height, checked before decoding
 * @throws AtelierError `unsupported_image`, `image_too_large`
 */
export async function readPicture(file: Uint8Array, maxPixels: number): Promise<Picture> {
  const type = pictureType(file)
  if (!type) throw unsupported()
  const { contentType, extension } = type
  return decoding.run(async () => {
    const size = await uprightSize(file, type, maxPixels)
    const thumbnail = await makeThumbnail(open(file, maxPixels)).catch((error: unknown) => {
      throw unsupported(error)
    })
    return { body: file, contentType, extension, ...size, thumbnail }
  })
}

async function makeGrey(file: Uint8Array, maxPixels: number): Promise<Picture> {
  const {
    data: body,
    info: { width, height },
  } = await open(file, maxPixels)
    .flatten({ background: '#000' })
    .toColourspace('b-w')
    .png()
    .toBuffer({ resolveWithObject: true })
  const thumbnail = await makeThumbnail(open(body, maxPixels))
  return { body, contentType: 'image/png', extension: 'png', width, height, thumbnail }
}

/**
 * Reads an uploaded mask and makes it a grey PNG: white = edit here; what is transparent counts as black.
 *
 * @throws AtelierError `unsupported_image`, `image_too_large`, `mask_empty` when no pixel is at least half white
 */
export async function readMask(file: Uint8Array, maxPixels: number): Promise<Picture> {
  const type = pictureType(file)
  if (!type) throw unsupported()
  return decoding.run(async () => {
    await uprightSize(file, type, maxPixels)
    const mask = await makeGrey(file, maxPixels).catch((error: unknown) => {
      throw unsupported(error)
    })
    const { channels } = await sharp(mask.body).stats()
    if (channels[0]!.max < 128) throw new AtelierError('mask_empty')
    return mask
  })
}
