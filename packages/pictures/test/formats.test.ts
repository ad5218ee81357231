import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import sharp from 'sharp'
import { formatOf } from '../src/formats.js'

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
