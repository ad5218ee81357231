import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import sharp from 'sharp'
import { formatOf } from '../src/formats.js'
import { readPicture, readStored } from '../src/index.js'

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

describe('a WebP', () => {
  it('may have frames in frames 20,000 deep, which is as good as one', async () => {
    const count = 20_000
    const frame = 24
    const nested = Buffer.alloc(count * frame)
    for (let n = 0; n < count; n++) {
      nested.write('ANMF', n * frame, 'latin1')
      nested.writeUInt32LE((count - n) * frame - 8, n * frame + 4)
    }
    const bytes = Buffer.concat([await picture().webp({ lossless: true }).toBuffer(), nested])
    bytes.writeUInt32LE(bytes.length - 8, 4)
    const file = { bytes, sha256: '' }
    for (const { width, height } of [await readPicture(file, 100), await readStored(file, 100)])
      assert.deepEqual([width, height], [3, 2])
  })
})
