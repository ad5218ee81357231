import type { PictureFormat } from './formats.js'

// What the parts of a file say without decoding it: chunks of PNG and WebP, segments of JPEG.

/** A part of a file; `end` is where the next one starts. */
interface Part {
  type: string
  /** Of its contents. */
  start: number
  end: number
}

const viewOf = (file: Uint8Array): DataView => new DataView(file.buffer, file.byteOffset, file.byteLength)
const ascii = (file: Uint8Array, from: number, to: number): string => String.fromCharCode(...file.subarray(from, to))

/** The chunks of a PNG up to its end; the last one may reach beyond the file. */
function* pngChunks(file: Uint8Array): Generator<Part> {
  const view = viewOf(file)
  for (let at = 8; at + 8 <= file.length;) {
    const type = ascii(file, at + 4, at + 8)
    const end = at + 12 + view.getUint32(at)
    yield { type, start: at + 8, end }
    if (type === 'IEND') return
    at = end
  }
}

/**
 * The chunks of a WebP, those inside an animation's frames among them; the last one may reach beyond the file. Frames hold
 * no frames, so one in another is a chunk like any.
 */
function* webpChunks(file: Uint8Array, from = 12, to = file.length, inFrame = false): Generator<Part> {
  const view = viewOf(file)
  for (let at = from; at + 8 <= to;) {
    const [type, length] = [ascii(file, at, at + 4), view.getUint32(at + 4, true)]
    const end = at + 8 + length + (length % 2)
    yield { type, start: at + 8, end }
    if (type === 'ANMF' && !inFrame) yield* webpChunks(file, at + 24, Math.min(end, to), true)
    at = end
  }
}

const isRestart = (marker: number): boolean => marker >= 0xd0 && marker <= 0xd7

/** The segments of a JPEG up to its end (`type` is the marker in hexadecimal), without the coded data between them. */
function* jpegSegments(file: Uint8Array): Generator<Part> {
  const view = viewOf(file)
  for (let at = 2; at + 2 <= file.length;) {
    const marker = file[at] === 0xff ? file[at + 1]! : 0
    // coded data, in which 0xff is followed by 0 or a restart marker; any number of 0xff may come before a marker
    if (marker === 0 || marker === 0xff || isRestart(marker)) {
      at = Math.max(file.indexOf(0xff, at + 1), 0) || file.length
      continue
    }
    const end = marker === 0xd9 || at + 4 > file.length ? at + 2 : at + 2 + Math.max(view.getUint16(at + 2), 2)
    yield { type: marker.toString(16), start: at + 4, end }
    if (marker === 0xd9) return
    at = end
  }
}

const partsOf = { png: pngChunks, jpeg: jpegSegments, webp: webpChunks }

/** Whether a file ends before its picture does, as far as its parts say. */
export function isCutShort(file: Uint8Array, { name }: PictureFormat): boolean {
  if (name === 'webp') return file.length < 12 || viewOf(file).getUint32(4, true) + 8 > file.length
  const parts = [...partsOf[name](file)]
  const data = name === 'png' ? 'IDAT' : 'da'
  return !parts.some(({ type }) => type === data) || parts.some(({ end }) => end > file.length)
}

/**
 * Whether a PNG has several frames: the count of its `acTL` chunk, which comes before the first picture data. The decoder
 * reads one frame alone and does not tell.
 */
export function isAnimatedPng(file: Uint8Array): boolean {
  for (const { type, start } of pngChunks(file)) {
    if (type === 'acTL') return start + 4 <= file.length && viewOf(file).getUint32(start) > 1
    if (type === 'IDAT') return false
  }
  return false
}

/** Whether a file keeps every pixel as it was: a PNG, or a WebP that holds no lossy data. */
export function isLossless(file: Uint8Array, { name }: PictureFormat): boolean {
  if (name !== 'webp') return name === 'png'
  return ![...webpChunks(file)].some(({ type }) => type === 'VP8 ')
}

const plainParts = {
  png: /^(IHDR|PLTE|tRNS|IDAT|IEND|pHYs|sRGB|gAMA|cHRM|sBIT|bKGD)$/,
  webp: /^(VP8 |VP8L|VP8X|ALPH)$/,
  // frame, tables, scans, end; see also `plainSizes`
  jpeg: /^(c[0-9a-f]|d[9a-d])$/,
}
/** The JFIF segment without a thumbnail, and Adobe's, which says how the colours are coded. */
const plainSizes: Record<string, number> = { e0: 16, ee: 14 }

/**
 * Whether a file holds a picture and nothing else: no EXIF, XMP, IPTC, colour profile, comment, text or private part, and
 * nothing after its end.
 */
export function isPlain(file: Uint8Array, { name }: PictureFormat): boolean {
  const parts = [...partsOf[name](file)]
  const plain = parts.every(
    ({ type, start, end }) =>
      plainParts[name].test(type) || (name === 'jpeg' && end - start + 2 === plainSizes[type] && end <= file.length),
  )
  return plain && parts.at(-1)?.end === file.length
}
