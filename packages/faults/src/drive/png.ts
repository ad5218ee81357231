import { crc32, deflateSync } from 'node:zlib'

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  checksum.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, checksum])
}

/**
 * A PNG file of one colour, 32×32 pixels.
 *
 * @param colour - 24 bits of red, green and blue
 * @param comment - metadata, which the product takes out of what it stores
 */
export function png(colour: number, comment?: string): Buffer {
  const side = 32
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  // eight bits for each of three channels
  header.set([8, 2, 0, 0, 0], 8)
  const pixel = [colour >> 16, (colour >> 8) & 255, colour & 255]
  const row = Buffer.from([0, ...Array.from({ length: side }, () => pixel).flat()])
  const rows = Buffer.concat(Array.from({ length: side }, () => row))
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...(comment === undefined ? [] : [chunk('tEXt', Buffer.from(`Comment\0${comment}`, 'latin1'))]),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}
