import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import sharp, { type Sharp } from 'sharp'
import { convertPicture, readAlphaMask, sha256 } from '../src/index.js'

const maxPixels = 1_000_000

/** A row of pixels of one kind each, as a picture of four rows. */
const rows = (pixels: number[][]): Sharp => {
  const channels = pixels[0]!.length as 1 | 2 | 3 | 4
  const raw = Buffer.from(Array.from({ length: 4 }, () => pixels.flat()).flat())
  return sharp(raw, { raw: { width: pixels.length, height: 4, channels } })
}

/** The first row of what a mask becomes. */
async function maskOf(picture: Sharp): Promise<number[]> {
  const bytes = await picture.png().toBuffer()
  const mask = await readAlphaMask({ bytes, sha256: await sha256(bytes) }, maxPixels)
  assert.deepEqual([mask.contentType, mask.sourceSha256, mask.sha256], ['image/png', null, await sha256(mask.body)])
  const { data, info } = await sharp(mask.body).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true })
  assert.equal(info.channels, 1)
  return [...data.subarray(0, info.width)]
}

describe('a mask of OpenAI', () => {
  it('is white where it was transparent, whatever its colours', async () => {
    assert.deepEqual(
      await maskOf(
        rows([
          [255, 0, 0, 255],
          [255, 255, 255, 0],
          [0, 0, 0, 0],
          [9, 9, 9, 255],
        ]),
      ),
      [0, 255, 255, 0],
    )
    assert.deepEqual(
      await maskOf(
        rows([
          [200, 255],
          [200, 0],
          [0, 255],
          [0, 0],
        ]),
      ),
      [0, 255, 0, 255],
    )
    const palette = rows([
      [255, 0, 0, 255],
      [0, 0, 0, 0],
      [0, 255, 0, 255],
      [0, 0, 0, 0],
    ])
    assert.deepEqual(await maskOf(sharp(await palette.png({ palette: true }).toBuffer())), [0, 255, 0, 255])
  })

  it('keeps half-transparent edges', async () => {
    assert.deepEqual(
      await maskOf(
        rows([
          [0, 0, 0, 255],
          [0, 0, 0, 155],
          [0, 0, 0, 55],
          [0, 0, 0, 0],
        ]),
      ),
      [0, 100, 200, 255],
    )
  })

  it('without transparency is white = edit here', async () => {
    const opaque = [0, 255, 0, 255]
    assert.deepEqual(await maskOf(rows(opaque.map((level) => [level, level, level]))), opaque)
    assert.deepEqual(await maskOf(rows(opaque.map((level) => [level, level, level, 255]))), opaque)
    assert.deepEqual(await maskOf(rows(opaque.map((level) => [level]))), opaque)
  })

  it('that marks nothing, or everything, is refused', async () => {
    await assert.rejects(
      maskOf(
        rows([
          [0, 0, 0, 200],
          [0, 0, 0, 255],
        ]),
      ),
      { code: 'mask_empty' },
    )
    await assert.rejects(
      maskOf(
        rows([
          [0, 0, 0],
          [9, 9, 9],
        ]),
      ),
      { code: 'mask_empty' },
    )
    await assert.rejects(
      maskOf(
        rows([
          [0, 0, 0, 0],
          [255, 0, 0, 0],
        ]),
      ),
      { code: 'mask_full' },
    )
    await assert.rejects(
      maskOf(
        rows([
          [255, 255, 255],
          [200, 200, 200],
        ]),
      ),
      { code: 'mask_full' },
    )
  })
})

describe('convertPicture', () => {
  it('gives a picture another format, quality and size, over white', async () => {
    const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, n) => (n * 7919) % 251))
    const file = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .png()
      .toBuffer()
    const [good, poor] = await Promise.all(
      [100, 10].map((quality) => convertPicture(file, { format: 'jpeg', quality }, maxPixels)),
    )
    assert.ok(poor!.length < good!.length / 2, `${poor!.length} ${good!.length}`)
    const large = await convertPicture(
      file,
      { format: 'webp', quality: 80, size: { width: 128, height: 96 } },
      maxPixels,
    )
    const { format, width, height } = await sharp(large).metadata()
    assert.deepEqual([format, width, height], ['webp', 128, 96])
    const clear = await rows([
      [0, 0, 0, 0],
      [0, 0, 0, 255],
    ])
      .png()
      .toBuffer()
    const { data } = await sharp(await convertPicture(clear, { format: 'png', quality: 100 }, maxPixels))
      .raw()
      .toBuffer({ resolveWithObject: true })
    assert.deepEqual([...data.subarray(0, 6)], [255, 255, 255, 0, 0, 0])
  })
})
