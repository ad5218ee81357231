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
  /** Of the file that was sent, when the picture was read from one; else null. */
  sourceSha256: string | null
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

/** How a picture is encoded for storing, by sharp's name of the format. */
const encoders = {
  png: (picture: Sharp) => picture.png({ adaptiveFiltering: true }),
  jpeg: (picture: Sharp) => picture.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }),
  webp: (picture: Sharp) => picture.webp({ quality: 95, alphaQuality: 100, effort: 0 }),
  // higher efforts take many times as long for a fifth fewer bytes
  'lossless webp': (picture: Sharp) => picture.webp({ lossless: true, exact: true, effort: 0 }),
}

/** Encodes a picture, by default as a PNG, with its thumbnail and nothing else that the file may have held. */
export async function encodePicture(picture: Sharp, as: keyof typeof encoders = 'png'): Promise<Picture> {
  const { data: body, info } = await encoders[as](picture).toBuffer({ resolveWithObject: true })
  const [digest, thumbnail] = await Promise.all([sha256(body), makeThumbnail(sharp(body, { limitInputPixels: false }))])
  const contentType = `image/${info.format as 'png' | 'jpeg' | 'webp'}` as const
  const { width, height } = info
  return { body, sha256: digest, sourceSha256: null, contentType, width, height, thumbnail }
}

/** Encodes what a model drew as a PNG with its thumbnail, both at once. */
export async function encodePixels({ pixels, width, height }: Pixels): Promise<Picture> {
  const drawn = () => sharp(pixels, { raw: { width, height, channels: 3 }, limitInputPixels: false })
  const encoded = encoders.png(drawn()).toBuffer()
  const [body, thumbnail, digest] = await Promise.all([encoded, makeThumbnail(drawn()), encoded.then(sha256)])
  return { body, sha256: digest, sourceSha256: null, contentType: 'image/png', width, height, thumbnail }
}

/** Decodes the file of a picture that {@link encodePixels} made. */
export async function decodePixels(file: Uint8Array): Promise<Pixels> {
  const decoded = sharp(file).removeAlpha().toColourspace('srgb').raw()
  const { data: pixels, info } = await decoded.toBuffer({ resolveWithObject: true })
  return { pixels, width: info.width, height: info.height }
}
