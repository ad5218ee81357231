import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import sharp from 'sharp'
import { AtelierError } from '@atelier/contracts'
import { readMask, readPicture, sha256 } from '../src/index.js'
import {
  animatedWebp,
  animation,
  cut,
  photograph,
  pngChunk,
  withChunks,
  withoutEnd,
  withPadding,
  withUnknownVersion,
  withWrongScanEnd,
} from './camera-files.js'

const maxPixels = 1_000_000

const read = async (bytes: Uint8Array) => readPicture({ bytes, sha256: await sha256(bytes) }, maxPixels)
const pixelsOf = (bytes: Uint8Array) => sharp(bytes, { failOn: 'none' }).raw().toBuffer()

async function refused(bytes: Uint8Array, code: string, message?: RegExp): Promise<void> {
  for (const reader of [readPicture, readMask]) {
    await assert.rejects(reader({ bytes, sha256: await sha256(bytes) }, maxPixels), (error) => {
      assert.ok(error instanceof AtelierError)
      assert.equal(error.code, code)
      if (message) assert.match(error.message, message)
      return true
    })
  }
}

/** Largest difference of two pictures' levels. */
async function difference(a: Uint8Array, b: Uint8Array): Promise<number> {
  const [one, two] = [await pixelsOf(a), await pixelsOf(b)]
  assert.equal(one.length, two.length)
  return one.reduce((most, level, at) => Math.max(most, Math.abs(level - two[at]!)), 0)
}

describe('a JPEG that every viewer opens', () => {
  const kinds = {
    'whose scan header is wrong': withWrongScanEnd,
    'with padding before a marker': withPadding,
    'of an unknown JFIF version': withUnknownVersion,
    'without its end marker': withoutEnd,
  }
  for (const [kind, spoil] of Object.entries(kinds)) {
    it(`is read ${kind}`, async () => {
      const file = spoil(
        await photograph()
          .jpeg({ quality: 90, progressive: spoil === withPadding })
          .toBuffer(),
      )
      await assert.rejects(sharp(file, { failOn: 'warning' }).raw().toBuffer(), 'the decoder has something to say')
      const { body, contentType, width, height } = await read(file)
      assert.deepEqual([contentType, width, height], ['image/jpeg', 128, 96])
      assert.ok((await difference(body, file)) <= 24)
      await sharp(body, { failOn: 'warning' }).raw().toBuffer()
    })
  }

  it('is read when it is turned, grey or of inks, too', async () => {
    for (const [picture, size] of [
      [photograph().withMetadata({ orientation: 6 }).jpeg(), [96, 128]],
      [photograph().toColourspace('b-w').jpeg(), [128, 96]],
      [photograph().toColourspace('cmyk').jpeg(), [128, 96]],
    ] as const) {
      const { width, height } = await read(withUnknownVersion(await picture.toBuffer()))
      assert.deepEqual([width, height], size)
    }
  })
})

describe('a file that ends too early', () => {
  it('is refused as truncated, whatever its format', async () => {
    const jpeg = await photograph().jpeg({ quality: 90 }).toBuffer()
    for (const share of [0.2, 0.5, 0.9]) {
      await refused(cut(jpeg, share), 'image_truncated')
      await refused(cut(jpeg, share, { end: true }), 'image_truncated')
      // a fault that is told first hides that data is missing
      await refused(cut(withWrongScanEnd(jpeg), share, { end: true }), 'image_truncated')
      await refused(cut(withUnknownVersion(jpeg), share), 'image_truncated')
    }
    await refused(jpeg.subarray(0, 100), 'image_truncated')
    await refused(cut(await photograph().jpeg({ progressive: true }).toBuffer(), 0.8), 'image_truncated')
    for (const file of [
      await photograph().png().toBuffer(),
      await photograph().webp().toBuffer(),
      await photograph().webp({ lossless: true }).toBuffer(),
    ]) {
      for (const share of [0.1, 0.5, 0.95])
        await refused(file.subarray(0, Math.floor(file.length * share)), 'image_truncated')
    }
  })

  it('is told from one that is damaged', async () => {
    const png = await photograph().png().toBuffer()
    png[Math.floor(png.length / 2)]! ^= 0xff
    await refused(png, 'image_damaged')
    const webp = await photograph().webp({ lossless: true }).toBuffer()
    webp.fill(0xff, webp.length / 2, webp.length / 2 + 30)
    await refused(webp, 'image_damaged')
    await refused(Buffer.from('hello'), 'unsupported_image')
  })

  it('is not mistaken: a whole picture may be grey', async () => {
    const grey = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#808080' } })
      .jpeg()
      .toBuffer()
    assert.equal((await read(grey)).width, 64)
  })
})

describe('an animation', () => {
  it('of one frame is a picture', async () => {
    const still = await photograph(16, 8).png().toBuffer()
    const { body, contentType } = await read(withChunks(still, ...animation(1, 16, 8)))
    assert.equal(contentType, 'image/png')
    assert.equal(await difference(body, still), 0)
    const frame = await photograph(16, 8).webp({ lossless: true }).toBuffer()
    assert.equal(await difference((await read(animatedWebp([frame], 16, 8))).body, frame), 0)
  })

  it('of more is refused, with what to do', async () => {
    const still = await photograph(16, 8).png().toBuffer()
    const advice = /save one frame/i
    await refused(withChunks(still, ...animation(2, 16, 8)), 'image_animated', advice)
    const frame = await photograph(16, 8).webp({ lossless: true }).toBuffer()
    await refused(animatedWebp([frame, frame], 16, 8), 'image_animated', advice)
  })

  it('is not what follows the picture data', async () => {
    const still = await photograph(16, 8).png().toBuffer()
    const end = still.length - 12
    const late = Buffer.concat([
      still.subarray(0, end),
      pngChunk('acTL', Buffer.from([0, 0, 0, 2, 0, 0, 0, 0])),
      still.subarray(end),
    ])
    assert.equal((await read(late)).width, 16)
  })
})
