import assert from 'node:assert/strict'
import { test } from '@jest/globals'
import sharp from 'sharp'
import { MaskSizeError } from '../src/errors.js'
import { prepareFrame } from '../src/images/prepare-frame.js'
import { latentMask } from '../src/images/shrink-mask.js'
import { drawMask, leftMask, plainPng } from './fixtures.js'

const limits = { maxFrameTokens: 16, sizeMultiple: 16, maxAspect: 4 }

test('pixels become planes in −1 … 1', async () => {
  const { pixels, width, height, mask } = await prepareFrame(
    { image: await plainPng(200, 100, '#ff0080'), mask: null, maskMode: 'keep' },
    limits,
  )
  assert.deepEqual([width, height, mask, pixels.length], [80, 32, null, 3 * 80 * 32])
  const area = width * height
  assert.deepEqual([pixels[0], pixels[area], pixels[2 * area]], [1, -1, Math.fround(128 / 127.5 - 1)])
})

test('a mask follows its image through crop and scale', async () => {
  // 480×96 is cut to the 384 columns in the middle (48 … 431) and scaled to 128×32.
  const frame = { image: await plainPng(480, 96), mask: await leftMask(480, 96, 240), maskMode: 'keep' as const }
  const { width, height, mask, pixels } = await prepareFrame(frame, limits)
  assert.deepEqual([width, height], [128, 32])
  assert.equal(
    mask!.reduce((sum, value) => sum + value, 0),
    64 * 32,
  )
  assert.deepEqual([mask![63], mask![64]], [1, 0])
  assert.ok(!pixels.subarray(0, width * height).includes(-1))
})

test('erase mode puts −1 where the mask is white, and only there', async () => {
  const frame = { image: await plainPng(64, 64), mask: await leftMask(64, 64, 16), maskMode: 'erase' as const }
  const { pixels, mask } = await prepareFrame(frame, limits)
  pixels.forEach((value, index) => assert.equal(value === -1, mask![index % mask!.length] === 1))
})

test('a mask with nothing marked is none, also when its only marks are cut off', async () => {
  const black = { image: await plainPng(64, 64), mask: await plainPng(64, 64, '#000'), maskMode: 'erase' as const }
  const { mask, maskOutside } = await prepareFrame(black, limits)
  assert.deepEqual([mask, maskOutside], [null, false])
  const cut = { image: await plainPng(480, 96), mask: await leftMask(480, 96, 48), maskMode: 'keep' as const }
  const outside = await prepareFrame(cut, limits)
  assert.deepEqual([outside.mask, outside.maskOutside], [null, true], 'and that is told')
})

test('a mark between the sampled pixels is kept, in pixels and in the latent', async () => {
  // 128×128 becomes 64×64: odd columns and rows are sampled, (70, 34) is not; its pixel (35, 17) is not sampled either.
  const mask = await drawMask(128, 128, (x, y) => x === 70 && y === 34)
  const frame = { image: await plainPng(128, 128), mask, maskMode: 'erase' as const }
  const prepared = await prepareFrame(frame, limits)
  const marked = (plane: ArrayLike<number>) => Array.from(plane).flatMap((value, index) => (value === 1 ? [index] : []))
  assert.deepEqual(marked(prepared.mask!), [17 * 64 + 35])
  assert.deepEqual(marked(latentMask(prepared.mask, 8, 8, 8)), [2 * 8 + 4])
  assert.equal(prepared.pixels[17 * 64 + 35], -1)
})

test('grey parts of a mask are marked from 128 up, and otherwise no mark at all', async () => {
  const levels = [255, 128, 127, 40]
  const drawn = { width: 4, height: 64, channels: 1 } as const
  const small = await sharp(
    Uint8Array.from({ length: 4 * 64 }, (_, index) => levels[index % 4]!),
    { raw: drawn },
  )
    .resize(64, 64, { kernel: 'nearest', fit: 'fill' })
    .toColourspace('b-w')
    .png()
    .toBuffer()
  const frame = { image: await plainPng(64, 64), mask: small, maskMode: 'keep' as const }
  const { mask } = await prepareFrame(frame, { ...limits, maxFrameTokens: 64 })
  assert.deepEqual(
    [8, 24, 40, 56].map((column) => mask![column]),
    [1, 1, 0, 0],
  )
  // nor does a level reach the model by way of the latent
  assert.deepEqual([...new Set(latentMask(mask, 8, 8, 8))].sort(), [0, 1])
})

test('a mask of another size is refused', async () => {
  const frame = { image: await plainPng(64, 64), mask: await plainPng(64, 65), maskMode: 'keep' as const }
  await assert.rejects(
    prepareFrame(frame, limits),
    (error) => error instanceof MaskSizeError && error.mask.height === 65,
  )
})

test('the latent mask takes the pixel at each cell centre, and any pixel only when all would be lost', () => {
  const mask = new Uint8Array(16 * 16)
  mask[4 * 16 + 12] = 1
  mask[12 * 16 + 3] = 1
  assert.deepEqual([...latentMask(mask, 2, 2, 8)], [0, 1, 0, 0])
  mask[4 * 16 + 12] = 0
  assert.deepEqual([...latentMask(mask, 2, 2, 8)], [0, 0, 1, 0])
  mask[15 * 16 + 15] = 1
  assert.deepEqual([...latentMask(mask, 2, 2, 8)], [0, 0, 1, 1])
  assert.deepEqual([...latentMask(null, 1, 2, 8)], [1, 1])
})
