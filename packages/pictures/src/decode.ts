import { AtelierError } from '@atelier/contracts'
import sharp, { type OutputInfo, type Sharp } from 'sharp'
import { isCutShort } from './containers.js'
import { formatOf, type PictureFormat } from './formats.js'

/** Pixels or an encoded file, and what sharp says of it. */
export interface Decoded {
  data: Buffer
  info: OutputInfo
}

type Shape = (upright: Sharp) => Sharp

const endOfImage = [0xff, 0xd9]
const endMissing = /premature end of JPEG/i
const dataMissing = /premature end of data|bad Huffman code|instead of RST/i

/** The format of a file. @throws AtelierError `unsupported_image` for anything but PNG, JPEG and WebP */
export function checkedFormat(file: Uint8Array): PictureFormat {
  const format = formatOf(file)
  if (!format) throw new AtelierError('unsupported_image')
  return format
}

const truncated = (cause: unknown) => new AtelierError('image_truncated', undefined, undefined, { cause })

/** Why a file of a format that can be read could not be: it ends too early, or is damaged. */
export function unreadable(file: Uint8Array, format: PictureFormat, cause: unknown): AtelierError {
  const early = isCutShort(file, format) || (cause instanceof Error && endMissing.test(cause.message))
  return early ? truncated(cause) : new AtelierError('image_damaged', undefined, undefined, { cause })
}

/**
 * Decodes the one picture of a file whole: bounded before anything is decoded, upright, the first page alone. Faults that
 * leave the picture whole are no errors: cameras write scan headers, padding and versions that the standard forbids, and
 * every viewer shows what they made. A picture that is not all there is refused, although viewers show its beginning.
 *
 * @param maxPixels - width × height
 * @param shape - what becomes of the decoded picture, and in which form it comes back
 * @throws AtelierError `unsupported_image`, `image_truncated`, `image_damaged`, `image_too_large`
 */
export async function decodeWhole(file: Uint8Array, maxPixels: number, shape: Shape): Promise<Decoded> {
  const format = checkedFormat(file)
  const decode = (bytes: Uint8Array, failOn: 'warning' | 'error') =>
    shape(sharp(bytes, { limitInputPixels: maxPixels, pages: 1, failOn }).autoOrient()).toBuffer({
      resolveWithObject: true,
    })
  try {
    return await decode(file, 'warning')
  } catch (error) {
    if (error instanceof Error && /exceeds pixel limit/.test(error.message))
      throw new AtelierError('image_too_large', undefined, { maxPixels }, { cause: error })
    let [bytes, warning] = [file, error]
    try {
      if (format.name === 'jpeg' && error instanceof Error && endMissing.test(error.message)) {
        // Only the end marker may be missing: with one, what is missing besides is told as a warning.
        bytes = Buffer.concat([file, Uint8Array.from(endOfImage)])
        const whole = await decode(bytes, 'warning').catch((missing: unknown) => (warning = missing))
        if (whole !== warning) return whole as Decoded
        if (dataMissing.test(String(warning))) throw error
      }
      const decoded = await decode(bytes, 'error')
      if (format.name === 'jpeg' && (await hasGaps(bytes, dataMissing.test(String(warning))))) throw truncated(warning)
      return decoded
    } catch (failure) {
      throw failure instanceof AtelierError ? failure : unreadable(file, format, failure)
    }
  }
}

/** The middle of a block of JPEG, which the colours of its neighbours do not reach. */
const block = 8
const [middleStart, middleSize] = [2, 4]
/** What the decoder draws for blocks that have no data. */
const fill = 128

/**
 * Whether parts of a JPEG are the grey that stands for missing data: the last corner, or a row of blocks from side to
 * side. The decoder tells its first warning alone, so that a harmless one can hide that data is missing. A whole picture
 * that is exactly so grey there and has a fault besides is taken for one with gaps.
 *
 * @param missed - whether the decoder said that it missed data
 */
async function hasGaps(jpeg: Uint8Array, missed: boolean): Promise<boolean> {
  const picture = sharp(jpeg, { limitInputPixels: false, failOn: 'error', ignoreIcc: true })
  // the grey of inks depends on their profile
  if ((await picture.metadata()).space === 'cmyk') return missed
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  const grey = (left: number, top: number, columns: number): boolean => {
    for (let y = top; y < Math.min(top + middleSize, height); y++) {
      const from = (y * width + left) * channels
      if (!data.subarray(from, from + columns * channels).every((level) => level === fill)) return false
    }
    return true
  }
  const [left, top] = [Math.max(width - middleSize, 0), Math.max(height - middleSize, 0)]
  if (grey(left, top, width - left)) return true
  for (let row = 0; row + block <= height; row += block) if (grey(0, row + middleStart, width)) return true
  return false
}
