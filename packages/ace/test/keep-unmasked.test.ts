import assert from 'node:assert/strict'
import { test } from '@jest/globals'
import { openModel } from '../src/index.js'
import { keepUnmasked } from '../src/images/keep-unmasked.js'
import { prepareFrame } from '../src/images/prepare-frame.js'
import { drawMask, golden, textToImage, tinyModel } from './fixtures.js'

const [side, border] = [256, 64]
const inSquare = (x: number, y: number) => x >= border && x < side - border && y >= border && y < side - border
const mask = Uint8Array.from({ length: side * side }, (_, i) => (inSquare(i % side, Math.floor(i / side)) ? 1 : 0))
const black = new Uint8Array(side * side * 3)
const white = new Uint8Array(side * side * 3).fill(255)
/** How much of the made picture is in each pixel, 0–255. */
const share = (ofMask: Uint8Array, width = side) => {
  const [made, rgb] = [white, black].map((picture) => picture.subarray(0, ofMask.length * 3))
  return keepUnmasked(made!, { rgb: rgb!, mask: ofMask }, width).filter((_, index) => index % 3 === 0)
}

test('outside the mask nothing of the made picture, from a feather’s width inside all of it', () => {
  const levels = share(mask)
  levels.forEach((level, i) => {
    const [x, y] = [i % side, Math.floor(i / side)]
    if (mask[i] === 0) assert.equal(level, 0)
    // The feather is 256 / 64 = 4 pixels.
    if (inSquare(x - 4, y - 4) && inSquare(x + 4, y + 4)) assert.equal(level, 255)
  })
})

test('going in from the border it only grows', () => {
  const row = [...share(mask).subarray((side / 2) * side, (side / 2) * side + side / 2)]
  assert.deepEqual(row.slice(border - 1, border + 5), [0, 64, 128, 191, 255, 255])
  assert.ok(row.every((level, x) => x === 0 || level >= row[x - 1]!))
})

test('a thin mask is filled to the middle, and the picture’s border is no border of the mask', () => {
  const width = 8
  const rows = Uint8Array.from({ length: 64 }, (_, i) => (i >= 8 && i < 16 ? 1 : 0))
  share(rows, width).forEach((level, i) => assert.equal(level, rows[i] === 1 ? 255 : 0))
  const top = Uint8Array.from({ length: 64 }, (_, i) => (i < 32 ? 1 : 0))
  assert.deepEqual(
    [...share(top, width)].filter((_, i) => i % 8 === 0),
    [255, 255, 255, 128, 0, 0, 0, 0],
  )
  assert.ok(share(new Uint8Array(64).fill(1), width).every((level) => level === 255))
})

test('the model’s edit of a photo leaves what is outside the mask as it was prepared', async () => {
  const image = await golden('resize_source_131x97.png')
  const drawn = await drawMask(131, 97, (x, y) => x > 40 && x < 90 && y > 20)
  const frame = { image, mask: drawn, maskMode: 'erase' as const, instruction: 'a red circle' }
  const model = await openModel(tinyModel, { threads: 1 })
  const edit = { ...textToImage, frames: [{ ...frame, mask: null }, frame], currentFrames: 1, steps: 2 }
  const plain = await model.generate(edit)
  const kept = await model.generate({ ...edit, keepUnmasked: true })
  const prepared = await prepareFrame(frame, model.manifest.limits)
  await model.close()
  assert.deepEqual([kept.width, kept.height], [prepared.width, prepared.height])
  kept.pixels.forEach((level, i) => {
    if (prepared.mask![Math.floor(i / 3)] === 0) assert.equal(level, prepared.rgb[i])
  })
  const centre = (60 * kept.width + 65) * 3
  assert.deepEqual(kept.pixels.subarray(centre, centre + 3), plain.pixels.subarray(centre, centre + 3))
  assert.ok(Buffer.compare(kept.pixels, plain.pixels) !== 0)
})
