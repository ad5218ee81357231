import assert from 'node:assert/strict'
import { test } from '@jest/globals'
import { fitSize } from '@atelier/pictures'
import { golden } from './fixtures.js'

interface Row {
  width: number
  height: number
  max_tokens: number
  crop_width: number
  crop_height: number
  out_width: number
  out_height: number
}

test('sizes are those of the reference', async () => {
  const { rows } = JSON.parse(Buffer.from(await golden('preprocess_sizes.json')).toString()) as { rows: Row[] }
  assert.ok(rows.length > 200)
  for (const row of rows) {
    const fit = fitSize(row.width, row.height, { maxFrameTokens: row.max_tokens, sizeMultiple: 16, maxAspect: 4 })
    assert.deepEqual(
      [fit.cropWidth, fit.cropHeight, fit.width, fit.height],
      [row.crop_width, row.crop_height, row.out_width, row.out_height],
      JSON.stringify(row),
    )
  }
})

test('the crop is centred, halves to the even side', () => {
  const limits = { maxFrameTokens: 1024, sizeMultiple: 16, maxAspect: 4 }
  assert.equal(fitSize(405, 100, limits).left, 2)
  assert.equal(fitSize(403, 100, limits).left, 2)
  assert.equal(fitSize(100, 407, limits).top, 4)
})

test('a picture smaller than one token becomes one token', () => {
  const fit = fitSize(5, 9, { maxFrameTokens: 64, sizeMultiple: 16, maxAspect: 4 })
  assert.deepEqual([fit.width, fit.height], [16, 16])
})
