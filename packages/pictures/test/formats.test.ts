import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import sharp from 'sharp'
import { formatOf, isAnimatedPng } from '../src/formats.js'

const picture = () => sharp({ create: { width: 3, height: 2, channels: 3, background: '#c64' } })

describe('formatOf', () => {
  it('knows PNG, JPEG and WebP by their first bytes', async () => {
    const files = [picture().png(), picture().jpeg(), picture().webp()].map((file) => file.toBuffer())
    assert.deepEqual((await Promise.all(files)).map(formatOf), [
      { name: 'png', contentType: 'image/png' },
      { name: 'jpeg', contentType: 'image/jpeg' },
      { name: 'webp', contentType: 'image/webp' },
    ])
  })

  it('knows nothing else', async () => {
    const wave = Buffer.from('RIFF\0\0\0\0WAVEfmt ')
    const others = [await picture().gif().toBuffer(), Buffer.from('<svg/>'), Buffer.from('%PDF-1.7'), wave]
    for (const file of [...others, new Uint8Array(), Buffer.from('\x89PNG')]) assert.equal(formatOf(file), null)
  })
})

describe('isAnimatedPng', () => {
  const chunk = (type: string, length: number) => {
    const bytes = Buffer.alloc(length + 12)
    bytes.writeUInt32BE(length)
    bytes.write(type, 4, 'latin1')
    return bytes
  }
  const png = (...chunks: Buffer[]) => Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunks])

  it('finds an acTL chunk before the picture data, and only there', async () => {
    assert.equal(isAnimatedPng(png(chunk('IHDR', 13), chunk('acTL', 8), chunk('IDAT', 4))), true)
    assert.equal(isAnimatedPng(png(chunk('IHDR', 13), chunk('IDAT', 4), chunk('acTL', 8))), false)
    assert.equal(isAnimatedPng(await picture().png().toBuffer()), false)
    assert.equal(isAnimatedPng(new Uint8Array(5)), false)
  })
})
