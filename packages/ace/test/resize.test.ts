import assert from 'node:assert/strict'
import { test } from '@jest/globals'
import { decodeImage } from '../src/images/image-files.js'
import { resizeBicubic } from '../src/images/resize-bicubic.js'
import { resizeNearest } from '../src/images/shrink-mask.js'
import { golden } from './fixtures.js'

test('bicubic reduction gives the bytes of Pillow', async () => {
  const source = await decodeImage(await golden('resize_source_131x97.png'))
  const expected = await decodeImage(await golden('resize_bicubic_64x48.png'))
  const { data, width, height } = resizeBicubic(source, 64, 48)
  assert.deepEqual([width, height], [64, 48])
  assert.deepEqual(Buffer.from(data), Buffer.from(expected.data))
})

test('bicubic keeps a plain picture plain, larger and smaller', () => {
  const plain = { data: new Uint8Array(10 * 6 * 3).fill(77), width: 10, height: 6, channels: 3 }
  for (const [width, height] of [
    [3, 2],
    [10, 17],
    [40, 6],
    [10, 6],
  ] as const) {
    assert.deepEqual(new Set(resizeBicubic(plain, width, height).data), new Set([77]))
  }
})

test('nearest takes the pixel under the centre', () => {
  const row = { data: Uint8Array.from([0, 1, 2, 3, 4, 5]), width: 6, height: 1, channels: 1 }
  assert.deepEqual([...resizeNearest(row, 2, 1).data], [1, 4])
  assert.deepEqual([...resizeNearest(row, 4, 1).data], [0, 2, 3, 5])
})
