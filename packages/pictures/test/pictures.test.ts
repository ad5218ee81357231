import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { describe, it } from '@jest/globals'
import sharp from 'sharp'
import { decodePixels, encodePixels, readMask, readPicture, sha256, thumbnailSide } from '../src/index.js'
import { makeThumbnail } from '../src/picture.js'

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const maxPixels = 10_000_000

async function thumbnailOf({ thumbnail }: { thumbnail: Uint8Array }) {
  const { format, width, height } = await sharp(thumbnail).metadata()
  return { format, width, height }
}

describe('pixels', () => {
  it('come back from their PNG as they were', async () => {
    const pixels = { pixels: new Uint8Array(randomBytes(40 * 30 * 3)), width: 40, height: 30 }
    const picture = await encodePixels(pixels)
    const { pixels: decoded, ...size } = await decodePixels(picture.body)
    assert.deepEqual(size, { width: 40, height: 30 })
    assert.deepEqual(Buffer.from(decoded), Buffer.from(pixels.pixels))
    assert.equal(picture.sha256, hash(picture.body))
    assert.deepEqual(await thumbnailOf(picture), { format: 'webp', width: 40, height: 30 })
  })
})

describe('a thumbnail', () => {
  it('fits inside its square', async () => {
    const picture = await encodePixels({ pixels: new Uint8Array(600 * 300 * 3), width: 600, height: 300 })
    assert.deepEqual(await thumbnailOf(picture), { format: 'webp', width: thumbnailSide, height: thumbnailSide / 2 })
  })

  it('of pixels is that of their PNG', async () => {
    const picture = await encodePixels({ pixels: new Uint8Array(randomBytes(300 * 200 * 3)), width: 300, height: 200 })
    const [own, ofPng] = [picture.thumbnail, await makeThumbnail(sharp(picture.body))]
    assert.deepEqual(Buffer.from(own), Buffer.from(ofPng))
  })
})

describe('a file', () => {
  it('gets bytes of its own and keeps the hash of those that were sent, as a picture and as a mask', async () => {
    const bytes = await sharp({ create: { width: 8, height: 4, channels: 3, background: '#fff' } })
      .webp()
      .toBuffer()
    const file = { bytes, sha256: await sha256(bytes) }
    assert.equal(file.sha256, hash(bytes))
    const picture = await readPicture(file, maxPixels)
    assert.notDeepEqual(picture.body, bytes)
    assert.deepEqual([picture.sha256, picture.sourceSha256], [hash(picture.body), file.sha256])
    assert.equal(picture.contentType, 'image/webp')
    const mask = await readMask(file, maxPixels)
    assert.deepEqual([mask.sha256, mask.contentType], [hash(mask.body), 'image/png'])
    assert.equal(mask.sourceSha256, file.sha256)
  })
})
