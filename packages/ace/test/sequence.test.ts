import assert from 'node:assert/strict'
import { test } from '@jest/globals'
import { frameTexts, indicatorRows } from '../src/sequence/conditioning.js'
import { readPatches, writePatches } from '../src/sequence/patches.js'
import { frameLayout, Sequence } from '../src/sequence/sequence.js'

test('frames of differing sizes stand one after another', () => {
  const layout = frameLayout([
    { rows: 1, columns: 2 },
    { rows: 2, columns: 2 },
  ])
  assert.deepEqual([layout.tokens, layout.slotsPerFrame, layout.targetTokens], [6, 4, 2])
  assert.deepEqual([...layout.positions].map(Number), [0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0, 1, 1, 1])
  assert.deepEqual([...layout.frameSlots].map(Number), [0, 1, 0, 0, 2, 3, 4, 5])
  assert.deepEqual([...layout.tokenSlot].map(Number), [0, 1, 4, 5, 6, 7])
})

test('patches hold (channel, row, column); the output is read as (row, column, channel)', () => {
  const shape = { channels: 2, height: 2, width: 4, patch: 2 }
  const planes = Float32Array.from({ length: 16 }, (_, index) => index)
  const patches = new Float32Array(16)
  writePatches(planes, shape, patches, 8)
  assert.deepEqual([...patches], [0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15])
  const back = new Float32Array(16)
  readPatches(Float32Array.from([0, 8, 1, 9, 4, 12, 5, 13, 2, 10, 3, 11, 6, 14, 7, 15]), shape, back)
  assert.deepEqual([...back], [...planes])
})

test('the target is rewritten in every row, masks and condition frames stay', () => {
  const frame = (value: number) => ({
    height: 2,
    width: 2,
    latent: new Float32Array(4).fill(value),
    mask: new Float32Array(4).fill(1),
  })
  const sequence = new Sequence([frame(0), frame(5)], 2, 1, 2)
  sequence.writeTarget(new Float32Array(4).fill(3))
  const row = [3, 3, 3, 3, 1, 1, 1, 1, 5, 5, 5, 5, 1, 1, 1, 1]
  assert.deepEqual([...sequence.patches], [...row, ...row])
})

test('the negative prompt stands in for the target’s and the last frame’s text alone', () => {
  assert.deepEqual(frameTexts('now', ['a', 'b', 'c'], 'not'), {
    conditional: ['now', 'a', 'b', 'c'],
    unconditional: ['not', 'a', 'b', 'not'],
  })
  assert.deepEqual(frameTexts('now', [], 'not'), { conditional: ['now'], unconditional: ['not'] })
})

test('the target bears the indicator after the last frame’s', () => {
  assert.deepEqual(indicatorRows(0), [0])
  assert.deepEqual(indicatorRows(3), [3, 0, 1, 2])
  assert.equal(indicatorRows(9)[0], 9)
  assert.throws(() => indicatorRows(10), RangeError)
})
