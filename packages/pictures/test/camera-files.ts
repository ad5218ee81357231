import sharp, { type Sharp } from 'sharp'

// Files like those of cameras and phones, and broken ones, made by code.

/** A photograph of sorts: smooth, noisy, and nowhere the grey that stands for missing data. */
export function photograph(width = 128, height = 96): Sharp {
  const pixels = Buffer.alloc(width * height * 3)
  for (let at = 0; at < pixels.length; at++) {
    const [x, y] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)]
    pixels[at] = 40 + ((x * (1 + (at % 3)) + y * 2 + ((at * 7919) % 13)) % 160)
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
}

/** Where the header of the (first) scan starts: its marker. */
export function scanOf(jpeg: Uint8Array): number {
  let at = 2
  while (jpeg[at + 1] !== 0xda) at += 2 + jpeg[at + 2]! * 256 + jpeg[at + 3]!
  return at
}

/** Where the coded data of the (first) scan starts. */
export const codedOf = (jpeg: Uint8Array): number => scanOf(jpeg) + 2 + jpeg[scanOf(jpeg) + 3]!

const insert = (file: Uint8Array, at: number, bytes: readonly number[]): Buffer =>
  Buffer.concat([file.subarray(0, at), Buffer.from(bytes), file.subarray(at)])

/** A phone's: the scan says that it ends at coefficient 0. */
export function withWrongScanEnd(jpeg: Uint8Array): Buffer {
  const file = Buffer.from(jpeg)
  file[codedOf(jpeg) - 2] = 0
  return file
}

/** A toy camera's: padding before a marker, here the one that follows the first scan of a progressive file. */
export function withPadding(progressive: Uint8Array): Buffer {
  let at = codedOf(progressive)
  while (progressive[at] !== 0xff || progressive[at + 1] === 0) at++
  return insert(progressive, at, Array(9).fill(0x55))
}

/** A JFIF header of a version that does not exist. */
export const withUnknownVersion = (jpeg: Uint8Array): Buffer =>
  insert(jpeg, 2, [0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 9, 9, 0, 0, 1, 0, 1, 0, 0])

/** A scanner's: no end marker. */
export const withoutEnd = (jpeg: Uint8Array): Buffer => Buffer.from(jpeg.subarray(0, -2))

/** The share of the coded data that a broken copy kept, with or without an end marker. */
export function cut(jpeg: Uint8Array, share: number, { end = false } = {}): Buffer {
  const coded = codedOf(jpeg)
  const kept = jpeg.subarray(0, coded + Math.floor((jpeg.length - coded) * share))
  return end ? Buffer.concat([kept, Buffer.from([0xff, 0xd9])]) : Buffer.from(kept)
}

/** A chunk of a PNG with its checksum. */
export function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  check.writeUInt32BE(crc(body))
  return Buffer.concat([length, body, check])
}

function crc(bytes: Uint8Array): number {
  let value = ~0
  for (const byte of bytes) {
    value ^= byte
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0)
  }
  return ~value >>> 0
}

const headerEnd = 33

/** A PNG with chunks after its header. */
export const withChunks = (png: Uint8Array, ...chunks: Buffer[]): Buffer =>
  Buffer.concat([png.subarray(0, headerEnd), ...chunks, png.subarray(headerEnd)])

/** An APNG's chunks of `frames` frames, the first of which is the PNG's own picture. */
export function animation(frames: number, width: number, height: number): Buffer[] {
  const [control, frame] = [Buffer.alloc(8), Buffer.alloc(26)]
  control.writeUInt32BE(frames)
  frame.writeUInt32BE(width, 4)
  frame.writeUInt32BE(height, 8)
  return [pngChunk('acTL', control), pngChunk('fcTL', frame)]
}

function riffChunk(type: string, data: Uint8Array): Buffer {
  const head = Buffer.alloc(8)
  head.write(type, 'latin1')
  head.writeUInt32LE(data.length, 4)
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)])
}

/** An animated WebP of frames that are still WebP files of the same size. */
export function animatedWebp(frames: readonly Uint8Array[], width: number, height: number): Buffer {
  const canvas = Buffer.alloc(10)
  canvas[0] = 2
  canvas.writeUIntLE(width - 1, 4, 3)
  canvas.writeUIntLE(height - 1, 7, 3)
  const parts = frames.map((still) => {
    const frame = Buffer.alloc(16)
    frame.writeUIntLE(width - 1, 6, 3)
    frame.writeUIntLE(height - 1, 9, 3)
    frame.writeUIntLE(100, 12, 3)
    return riffChunk('ANMF', Buffer.concat([frame, still.subarray(12)]))
  })
  return riffChunk(
    'RIFF',
    Buffer.concat([Buffer.from('WEBP'), riffChunk('VP8X', canvas), riffChunk('ANIM', Buffer.alloc(6)), ...parts]),
  )
}
