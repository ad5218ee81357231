import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import {
  frameAround,
  frameForRatio,
  isAllowed,
  noFrame,
  setSide,
  sizeWith,
  toRatios,
} from '../src/stage/frame/frame-geometry.js'

const picture = { width: 64, height: 48 }
const limits = { maxAspect: 4, maxPixels: 1_000_000, multiple: 1 }

describe('a frame', () => {
  it('moves one side, or a side and the one opposite', () => {
    assert.deepEqual(setSide(picture, noFrame, limits, 'right', 20.4), { ...noFrame, right: 20 })
    const both = setSide(picture, { ...noFrame, top: 3 }, limits, 'left', 10, { both: true })
    assert.deepEqual(both, { top: 3, right: 10, bottom: 0, left: 10 })
    assert.deepEqual(setSide(picture, both, limits, 'left', -5), { ...both, left: 0 })
  })

  it('stops where the API stops: twice the picture on a side', () => {
    assert.equal(setSide(picture, noFrame, limits, 'right', 500).right, 128)
    assert.equal(setSide(picture, noFrame, limits, 'top', 500).top, 96)
  })

  it('stops where the whole would be too long or have too many pixels', () => {
    const longest = setSide({ width: 100, height: 50 }, noFrame, { ...limits, maxAspect: 3 }, 'right', 190)
    assert.equal(longest.right, 50)
    const fullest = setSide({ width: 100, height: 50 }, noFrame, { ...limits, maxPixels: 6_000 }, 'bottom', 90)
    assert.deepEqual(sizeWith({ width: 100, height: 50 }, fullest), { width: 100, height: 60 })
  })

  it('gives the whole sides that the model draws, and lets go of them at the limits', () => {
    const drawn = { ...limits, multiple: 16 }
    assert.equal(setSide(picture, noFrame, drawn, 'right', 13).right, 16)
    assert.equal(setSide(picture, noFrame, drawn, 'right', 7).right, 0)
    assert.equal(setSide({ width: 70, height: 48 }, noFrame, drawn, 'right', 13).right, 10)
    assert.equal(setSide({ width: 70, height: 48 }, noFrame, drawn, 'right', 2).right, 0)
    assert.deepEqual(setSide(picture, noFrame, drawn, 'top', 30, { both: true }), { ...noFrame, top: 32, bottom: 32 })
    assert.deepEqual(sizeWith(picture, frameForRatio(picture, 16 / 9, drawn)!), { width: 80, height: 48 })
    assert.deepEqual(frameAround(picture, 0.25, drawn), { top: 16, right: 16, bottom: 16, left: 16 })
    const longest = setSide({ width: 100, height: 50 }, noFrame, { ...drawn, maxAspect: 3 }, 'right', 190)
    assert.equal(longest.right, 44)
  })

  it('lets a picture that is too long become less so, and no longer', () => {
    const long = { width: 500, height: 50 }
    assert.equal(setSide(long, noFrame, limits, 'top', 20).top, 20)
    assert.equal(setSide(long, noFrame, limits, 'right', 20).right, 0)
  })

  it.each([
    [1, { width: 64, height: 64 }],
    [16 / 9, { width: 85, height: 48 }],
    [9 / 16, { width: 64, height: 114 }],
    [3, { width: 144, height: 48 }],
  ])('makes the ratio %d with the least room, around the picture', (ratio, expected) => {
    const frame = frameForRatio(picture, ratio, limits)!
    assert.deepEqual(sizeWith(picture, frame), expected)
    assert.ok(Math.abs(frame.left - frame.right) <= 1 && Math.abs(frame.top - frame.bottom) <= 1)
  })

  it('has no room for a ratio that the picture has or that is not allowed', () => {
    assert.equal(frameForRatio(picture, 4 / 3, limits), null)
    assert.equal(frameForRatio(picture, 8, limits), null)
    assert.equal(frameAround(picture, 2.5, limits), null)
    assert.deepEqual(frameAround(picture, 0.25, limits), { top: 12, right: 16, bottom: 12, left: 16 })
  })

  it('says its room in shares from which the API makes the same pixels', () => {
    for (const frame of [
      { top: 1, right: 2, bottom: 33, left: 127 },
      { top: 7, right: 61, bottom: 95, left: 3 },
    ]) {
      const { top, right, bottom, left } = toRatios(picture, frame)
      const pixels = { top: top * 48, right: right * 64, bottom: bottom * 48, left: left * 64 }
      for (const side of ['top', 'right', 'bottom', 'left'] as const)
        assert.equal(Math.round(pixels[side]), frame[side])
      assert.ok(isAllowed(picture, frame, { ...limits, maxAspect: 10 }))
    }
  })
})
