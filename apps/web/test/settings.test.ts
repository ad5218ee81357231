import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { suggestionsFor } from '../src/composer/suggest.js'
import { randomSeed, readSeed } from '../src/settings/seed.js'
import { ratioOf, sizePresets } from '../src/settings/sizes.js'

const limits = {
  maxFrameTokens: 1024,
  maxConditionFrames: 9,
  sizeMultiple: 16,
  minSize: 64,
  maxSteps: 100,
  maxGuidanceScale: 20,
  maxAspect: 4,
}
const defaults = {
  width: 512,
  height: 512,
  steps: 20,
  guidanceScale: 4.5,
  guidanceRescale: 0.5,
  sampler: 'ddim' as const,
  guidanceInterval: null,
}

describe('size presets', () => {
  it('have about the pixels of the default size, and never more than the model draws', () => {
    const presets = sizePresets({ limits, defaults })
    assert.deepEqual(presets[0], { width: 512, height: 512, ratio: '1:1' })
    assert.ok(presets.length >= 6)
    for (const { width, height } of presets) {
      assert.equal(width % 16 || height % 16, 0)
      assert.ok(width * height <= 1024 * 256 && width * height > 0.75 * 512 * 512, `${width}×${height}`)
    }
  })

  it('are called by the shape that they have', () => {
    const coarse = {
      limits: { ...limits, maxFrameTokens: 16, minSize: 32 },
      defaults: { ...defaults, width: 64, height: 64 },
    }
    for (const [of, least] of [
      [{ limits, defaults }, 6],
      [coarse, 3],
    ] as const) {
      const presets = sizePresets(of)
      assert.ok(presets.length >= least)
      for (const { width, height, ratio } of presets) {
        const [across, down] = ratio.split(':').map(Number)
        if (ratio.includes(':'))
          assert.ok(Math.abs((width * down!) / (height * across!) - 1) <= 0.03, `${width}×${height} is no ${ratio}`)
        else assert.equal(ratio, `${width} × ${height}`)
      }
    }
    assert.deepEqual([ratioOf(80, 48), ratioOf(1152, 896), ratioOf(816, 304)], ['5:3', '9:7', '816 × 304'])
  })

  it('of a small model are fewer, each size once, within its limits', () => {
    const small = { ...limits, maxFrameTokens: 16, minSize: 32, maxAspect: 1.5 }
    const presets = sizePresets({ limits: small, defaults: { ...defaults, width: 64, height: 64 } })
    assert.equal(new Set(presets.map(({ width, height }) => `${width}×${height}`)).size, presets.length)
    for (const { width, height } of presets)
      assert.ok(width * height <= 4096 && Math.max(width, height) / Math.min(width, height) <= 1.5)
  })
})

describe('a seed', () => {
  it('is read from digits, within the range of seeds', () => {
    assert.equal(readSeed(' 12 345'), 12345)
    assert.equal(readSeed(' '), undefined)
    assert.equal(readSeed('4294967295'), 4294967295)
    for (const none of ['4294967296', '-1', 'x', '1.5', '99999999999999999999'])
      assert.equal(readSeed(none), null, none)
    assert.ok(Number.isInteger(randomSeed()))
  })
})

describe('suggestions', () => {
  const model = {
    examples: ['a red circle', 'make it night', 'make the circle green', 'find the edges'],
    vocabulary: ['circle', 'make it night', 'night', 'neon', 'green', 'red', 'house', 'blue'],
  }
  const labels = (text: string, edits: boolean, said = 'a red circle') =>
    suggestionsFor(text, model, edits, said).map(({ label }) => label)

  it('begin with examples of the task at hand', () => {
    assert.deepEqual(labels('', false), ['a red circle'])
    assert.deepEqual(labels(' ', true), ['make it night', 'make the circle green', 'find the edges'])
    assert.deepEqual(labels('', true, 'a red circle. make it night. a blue house beside the circle'), [
      'make it night',
      'make the circle green',
      'find the edges',
    ])
    assert.deepEqual(labels('', true, 'a red house'), ['make it night', 'make the house green', 'find the edges'])
    assert.deepEqual(labels('', true, ''), ['make it night', 'find the edges'])
  })

  it('go on with what begins like the text, then with words that begin like its last one, each once', () => {
    assert.deepEqual(labels('make', true), ['make it night', 'make the circle green'])
    assert.deepEqual(suggestionsFor('draw a ne', model, false, ''), [{ label: 'neon', text: 'draw a neon ' }])
    assert.deepEqual(labels('draw a n', false), [])
    assert.deepEqual(labels('green', true), [])
  })
})
