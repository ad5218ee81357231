import { crc32, deflateSync } from 'node:zlib'

function chunk(type: string, data: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt32BE(data.length)
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body) >>> 0)
  return Buffer.concat([head, body, sum])
}

/** A black-and-white PNG of any size, all black: about 32 KB for 16 million rows. */
export function flatPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 1 // bits per pixel, grey
  const rows = Buffer.alloc((1 + Math.ceil(width / 8)) * height)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** Bits as entropy-coded data: padded with ones, a zero after each byte of ones. */
function entropyCoded(bits: string): Buffer {
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1')
  const bytes = padded.match(/.{8}/g)!.flatMap((byte) => (byte === '11111111' ? [0xff, 0] : [Number.parseInt(byte, 2)]))
  return Buffer.from(bytes)
}

const segment = (marker: number, ...bytes: number[]): Buffer =>
  Buffer.from([0xff, marker, (bytes.length + 2) >> 8, (bytes.length + 2) & 255, ...bytes])
/** A Huffman table of one symbol, whose code is `0`. */
const table = (id: number, symbol: number): Buffer => segment(0xc4, id, 1, ...Array<number>(15).fill(0), symbol)

/**
 * A valid grey-looking progressive JPEG of up to 2,649 scans: each bit of each coefficient of each colour comes in a scan
 * of its own, 25 bytes that say "nothing here" and cost the decoder a pass over the picture. At 4096×4096: 180 KB.
 *
 * @param side - a multiple of 8
 */
export function manyScans(scans: number, side: number): Buffer {
  const blocks = (side / 8) ** 2
  const size = [side >> 8, side & 255]
  const colours = [1, 2, 3]
  const dc = entropyCoded('0'.repeat(blocks))
  // end of band for 24,575 blocks
  const nothing = entropyCoded('001111111111111'.repeat(Math.ceil(blocks / 24_575)))
  const parts = [
    Buffer.from('ffd8', 'hex'),
    segment(0xdb, 0, ...Array<number>(64).fill(1)),
    segment(0xc2, 8, ...size, ...size, 3, ...colours.flatMap((id) => [id, 0x11, 0])),
    table(0x00, 0),
    table(0x10, 0xe0),
    ...colours.flatMap((id) => [segment(0xda, 1, id, 0, 0, 0, 0), dc]),
  ]
  const refining = colours.flatMap((id) =>
    Array.from({ length: 63 }, (_, index) => index + 1).flatMap((band) =>
      Array.from({ length: 14 }, (_, bit) => [
        segment(0xda, 1, id, 0, band, band, bit === 0 ? 13 : ((14 - bit) << 4) | (13 - bit)),
        nothing,
      ]),
    ),
  )
  return Buffer.concat([...parts, ...refining.slice(0, scans - 3).flat(), Buffer.from('ffd9', 'hex')])
}
