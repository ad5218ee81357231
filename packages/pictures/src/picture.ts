import sharp, { type Sharp } from 'sharp'
import type { PictureContentType } from './formats.js'

/** Longest side of a thumbnail, in pixels. */
export const thumbnailSide = 256
const thumbnailQuality = 85

/** A picture ready to be stored. */
export interface Picture {
  body: Uint8Array
  /** Of the body, hexadecimal. */
  sha256: string
  contentType: PictureContentType
  /** Pixels, upright: turned as the file's EXIF data says. */
  width: number
  height: number
  /** WebP, at most {@link thumbnailSide} pixels on a side. */
  thumbnail: Uint8Array
}

/** Pixels of a picture: RGB, `[height, width, 3]`, 0–255. */
export interface Pixels {
  pixels: Uint8Array
  width: number
  height: number
}

/**
 * SHA-256, hexadecimal. Asynchronous because it runs off the event loop: hashing a large file would hold up requests,
 * and a worker's loop must keep its job's lock.
 */
export async function sha256(bytes: Uint8Array): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)).toString('hex')
}

/** A small copy of a picture, never larger than it. */
export const makeThumbnail = (picture: Sharp): Promise<Uint8Array> =>
  picture
    .resize(thumbnailSide, thumbnailSide, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: thumbnailQuality })
    .toBuffer()

/** Encodes a picture as a PNG with its thumbnail. */
export async function encodePicture(picture: Sharp): Promise<Picture> {
  const encoded = await picture.png().toBuffer({ resolveWithObject: true })
  const { data: body, info } = encoded
  const [digest, thumbnail] = await Promise.all([sha256(body), makeThumbnail(sharp(body, { limitInputPixels: false }))])
  return { body, sha256: digest, contentType: 'image/png', width: info.width, height: info.height, thumbnail }
}

/** Encodes what a model drew as a PNG with its thumbnail. */
export const encodePixels = ({ pixels, width, height }: Pixels): Promise<Picture> =>
  encodePicture(sharp(pixels, { raw: { width, height, channels: 3 } }))

/** Decodes the file of a picture that {@link encodePixels} made. */
export async function decodePixels(file: Uint8Array): Promise<Pixels> {
  const decoded = sharp(file).removeAlpha().toColourspace('srgb').raw()
  const { data: pixels, info } = await decoded.toBuffer({ resolveWithObject: true })
  return { pixels, width: info.width, height: info.height }
}
