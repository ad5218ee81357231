import { AtelierError } from '@atelier/contracts'
import pLimit from 'p-limit'
import sharp, { type Metadata, type Sharp } from 'sharp'
import { isAnimatedPng, isLossless, isPlain } from './containers.js'
import { checkedFormat, decodeWhole, unreadable, type Decoded } from './decode.js'
import type { PictureFormat } from './formats.js'
import { encodePicture, makeThumbnail, type Picture } from './picture.js'

/** The file of an upload or of an archive. */
export interface PictureFile {
  bytes: Uint8Array
  /** Of the bytes, hexadecimal; whoever receives a file hashes it, and nobody after. */
  sha256: string
}

/** Bounds the memory of everything that decodes here: a picture at the limit takes 50 MB, with 16 bits and alpha 134 MB. */
export const decoding = pLimit(2)

/** From this level on (of 255) a pixel of a mask is marked. */
const marked = 128

const number = (value: number): string => value.toLocaleString('en')

/**
 * @param beginning - of the error's sentence, before the size
 * @throws AtelierError `image_too_large` for more than `maxPixels`
 */
export function checkPixels(width: number, height: number, maxPixels: number, beginning: string): void {
  if (width * height <= maxPixels) return
  const details = { width, height, maxPixels }
  const text = `${beginning} ${width}×${height} = ${number(width * height)} pixels; ${number(maxPixels)} are allowed.`
  throw new AtelierError('image_too_large', text, details)
}

/** Reads the header alone, so that nothing is decoded before the picture's size is known. */
async function readHeader(file: Uint8Array, format: PictureFormat, maxPixels: number): Promise<Metadata> {
  const metadata = await sharp(file, { limitInputPixels: false, pages: 1 })
    .metadata()
    .catch((error: unknown) => {
      throw unreadable(file, format, error)
    })
  const { width, height, pages = 1 } = metadata
  if (metadata.format !== format.name || !width || !height) throw unreadable(file, format, undefined)
  if (pages > 1 || (format.name === 'png' && isAnimatedPng(file))) throw new AtelierError('image_animated')
  checkPixels(width, height, maxPixels, 'The picture has')
  return metadata
}

/** A picture of pixels as {@link decodeWhole} gives them, of 8 bits or of 16. */
const fromPixels = ({ data, info }: Decoded, deep = false): Sharp => {
  const { width, height, channels } = info
  const samples = deep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data
  return sharp(samples, { raw: { width, height, channels }, limitInputPixels: false })
}

/** A picture without transparency, which is laid over white, in 8-bit sRGB. */
export const decodeFlat = async (file: Uint8Array, maxPixels: number): Promise<Sharp> =>
  fromPixels(
    await decodeWhole(file, maxPixels, (upright) =>
      upright.flatten({ background: '#fff' }).toColourspace('srgb').raw({ depth: 'uchar' }),
    ),
  )

/** Encodes anew what was decoded of a file: the picture, upright and in sRGB, and nothing else. */
async function clean(bytes: Uint8Array, format: PictureFormat, metadata: Metadata, maxPixels: number) {
  const { depth, space, hasAlpha, hasProfile } = metadata
  const deep = depth === 'ushort'
  const grey = deep ? space === 'grey16' : space === 'b-w' && !hasAlpha
  const colours = deep ? (grey ? 'grey16' : 'rgb16') : grey ? 'b-w' : 'srgb'
  const pixels = await decodeWhole(bytes, maxPixels, (upright) => {
    const shaped = upright.toColourspace(colours)
    // 8 bits are in sRGB by default; 16 bits only when they are told to be
    return (deep && !grey && hasProfile ? shaped.withIccProfile('srgb') : shaped).raw({
      depth: deep ? 'ushort' : 'uchar',
    })
  })
  const as = format.name === 'webp' && isLossless(bytes, format) ? 'lossless webp' : format.name
  return encodePicture(fromPixels(pixels, deep).toColourspace(colours), as)
}

/**
 * Reads an uploaded picture and encodes it anew: upright, in sRGB, without metadata. PNG stays PNG with all its bits,
 * lossless WebP stays lossless; JPEG and lossy WebP are encoded at quality 95, JPEG without subsampling of colours.
 *
 * @param maxPixels - width × height, checked before decoding
 * @throws AtelierError `unsupported_image`, `image_truncated`, `image_damaged`, `image_animated`, `image_too_large`
 */
export async function readPicture({ bytes, sha256 }: PictureFile, maxPixels: number): Promise<Picture> {
  const format = checkedFormat(bytes)
  return decoding(async () => {
    const metadata = await readHeader(bytes, format, maxPixels)
    return { ...(await clean(bytes, format, metadata, maxPixels)), sourceSha256: sha256 }
  })
}

/**
 * Reads a picture that an Atelier has stored, such as one of an archive. One that holds nothing but a picture keeps its
 * bytes; any other, as it was stored until uploads were cleaned, is read as an upload.
 *
 * @param maxPixels - width × height, checked before decoding
 * @throws AtelierError as {@link readPicture}
 */
export async function readStored(file: PictureFile, maxPixels: number): Promise<Picture> {
  const { bytes, sha256 } = file
  const format = checkedFormat(bytes)
  if (!isPlain(bytes, format)) return readPicture(file, maxPixels)
  return decoding(async () => {
    const { width, height } = await readHeader(bytes, format, maxPixels)
    const pixels = await decodeWhole(bytes, maxPixels, (upright) =>
      upright.toColourspace('srgb').raw({ depth: 'uchar' }),
    )
    const thumbnail = await makeThumbnail(fromPixels(pixels))
    return { body: bytes, sha256, sourceSha256: null, contentType: format.contentType, width, height, thumbnail }
  })
}

/** The bytes of {@link readStored} for a file that it has read: decoded again only when they have to be cleaned. */
export async function cleanStored(bytes: Uint8Array, maxPixels: number): Promise<Uint8Array> {
  const format = checkedFormat(bytes)
  if (isPlain(bytes, format)) return bytes
  return decoding(async () => (await clean(bytes, format, await readHeader(bytes, format, maxPixels), maxPixels)).body)
}

/**
 * Reads an uploaded mask and makes it a grey PNG: white = edit here; transparent counts as black.
 *
 * @throws AtelierError as {@link readPicture}; `mask_empty` when no pixel is at least half white
 */
export async function readMask({ bytes, sha256 }: PictureFile, maxPixels: number): Promise<Picture> {
  const format = checkedFormat(bytes)
  return decoding(async () => {
    await readHeader(bytes, format, maxPixels)
    const grey = await decodeWhole(bytes, maxPixels, (upright) =>
      upright.flatten({ background: '#000' }).toColourspace('b-w').raw({ depth: 'uchar' }),
    )
    await checkMarks(fromPixels(grey))
    return { ...(await encodePicture(fromPixels(grey).toColourspace('b-w'))), sourceSha256: sha256 }
  })
}

/**
 * Reads a mask as the API of OpenAI knows it: transparent = edit here; one without transparency is a mask like any other,
 * white = edit here. It becomes a grey PNG as of {@link readMask}.
 *
 * @throws AtelierError as {@link readMask}; `mask_full` when every pixel is marked
 */
export async function readAlphaMask({ bytes }: PictureFile, maxPixels: number): Promise<Picture> {
  const format = checkedFormat(bytes)
  return decoding(async () => {
    await readHeader(bytes, format, maxPixels)
    const whole = await decodeWhole(bytes, maxPixels, (upright) =>
      upright.toColourspace('srgb').ensureAlpha().raw({ depth: 'uchar' }),
    )
    // sharp's statistics are those of what it was given, before any operation
    const settled = async (picture: Sharp): Promise<Sharp> =>
      fromPixels(await picture.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true }))
    const darkest = async (picture: Sharp): Promise<number> => (await picture.stats()).channels[0]!.min
    const alpha = await settled(fromPixels(whole).extractChannel('alpha'))
    const transparent = (await darkest(alpha)) < 255
    const mask = await settled(transparent ? alpha.negate() : fromPixels(whole).removeAlpha().toColourspace('b-w'))
    await checkMarks(mask)
    if ((await darkest(mask)) >= marked) throw new AtelierError('mask_full')
    // not under the hash of what was sent: read as an ordinary mask those bytes mean something else
    return encodePicture(mask.toColourspace('b-w'))
  })
}

async function checkMarks(mask: Sharp): Promise<void> {
  const brightest = (await mask.stats()).channels[0]!.max
  if (brightest >= marked) return
  const details = { brightest, markedFrom: marked }
  throw brightest === 0
    ? new AtelierError('mask_empty', 'The mask is black all over.', details)
    : new AtelierError(
        'mask_empty',
        `The mask is nowhere brighter than ${brightest} of 255, and marks begin at ${marked}.`,
        details,
      )
}
