import assert from 'node:assert/strict'
import { test } from '@jest/globals'
import sharp from 'sharp'
import { UnreadableImageError } from '../src/errors.js'
import { decodeImage, maxPixels } from '../src/images/image-files.js'
import { plainPng } from './fixtures.js'

const colour = { r: 200, g: 100, b: 50 }
const picture = () => sharp({ create: { width: 4, height: 2, channels: 3, background: colour } })

test('PNG and WebP are read exactly, JPEG nearly', async () => {
  for (const file of [await picture().png().toBuffer(), await picture().webp({ lossless: true }).toBuffer()]) {
    const { data, width, height, channels } = await decodeImage(file)
    assert.deepEqual([width, height, channels, ...data.subarray(0, 3)], [4, 2, 3, 200, 100, 50])
  }
  const { data } = await decodeImage(await picture().jpeg({ quality: 100 }).toBuffer())
  assert.ok(Math.abs(data[0]! - 200) <= 3)
})

test('transparency shows white below a picture and black below a mask', async () => {
  const clear = await sharp({ create: { width: 1, height: 1, channels: 4, background: { ...colour, alpha: 0 } } })
    .png()
    .toBuffer()
  assert.deepEqual([...(await decodeImage(clear)).data], [255, 255, 255])
  assert.deepEqual([...(await decodeImage(clear, { grey: true })).data], [0])
})

test('grey, grey with alpha, 16-bit and palette files become RGB', async () => {
  const grey = sharp(Buffer.from([10, 20, 30, 40]), { raw: { width: 2, height: 2, channels: 1 } })
  assert.deepEqual(
    [...(await decodeImage(await grey.clone().toColourspace('b-w').png().toBuffer())).data].slice(0, 6),
    [10, 10, 10, 20, 20, 20],
  )
  const alpha = sharp(Buffer.from([10, 255, 20, 255]), { raw: { width: 2, height: 1, channels: 2 } })
  assert.deepEqual([...(await decodeImage(await alpha.png().toBuffer())).data], [10, 10, 10, 20, 20, 20])
  const deep = await picture().toColourspace('rgb16').png().toBuffer()
  assert.deepEqual([...(await decodeImage(deep)).data].slice(0, 3), [200, 100, 50])
  const palette = await picture().png({ palette: true }).toBuffer()
  assert.deepEqual([...(await decodeImage(palette)).data].slice(0, 3), [200, 100, 50])
})

test('a photograph is turned upright', async () => {
  const { width, height } = await decodeImage(await picture().withMetadata({ orientation: 6 }).jpeg().toBuffer())
  assert.deepEqual([width, height], [2, 4])
})

test('other formats, damaged files and too many pixels are refused', async () => {
  const png = await plainPng(64, 64)
  const gif = await picture().gif().toBuffer()
  const side = Math.sqrt(maxPixels) + 16
  const bomb = await sharp({ create: { width: side, height: side, channels: 3, background: '#000' } })
    .png()
    .toBuffer()
  for (const file of [
    Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
    gif,
    png.subarray(0, png.length - 30),
    new Uint8Array(),
    bomb,
  ]) {
    await assert.rejects(
      decodeImage(file),
      (error) => error instanceof UnreadableImageError && error.code === 'image_unreadable',
    )
  }
})
