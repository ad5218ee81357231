import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { buildLcu, indicator } from '../src/index.js'

const id = (n: number) => `img_${String(n).padStart(16, '0')}`
const image = (n: number) => ({ imageId: id(n), maskId: null, maskMode: 'keep' as const })

describe('buildLcu', () => {
  it('numbers images over all units and renumbers mentions', () => {
    const lcu = buildLcu([
      { turnId: 't1', instruction: `make @${id(1)} red`, images: [image(1)] },
      { turnId: 't2', instruction: `put @${id(3)} into @${id(2)}`, images: [image(2), image(3)] },
    ])
    assert.deepEqual(
      lcu.map((u) => u.instruction),
      ['make {image} red', 'put {image2} into {image1}'],
    )
    assert.deepEqual(
      lcu.flatMap((u) => u.images.map((i) => i.indicator)),
      ['{image}', '{image1}', '{image2}'],
    )
  })

  it('names a picture used twice after the own frame of the unit', () => {
    const lcu = buildLcu([
      { turnId: 't1', instruction: `@${id(1)}`, images: [image(1)] },
      { turnId: 't2', instruction: `@${id(1)}`, images: [image(1)] },
    ])
    assert.deepEqual(
      lcu.map((u) => u.instruction),
      ['{image}', '{image1}'],
    )
  })

  it('names a mentioned picture of another unit', () => {
    const lcu = buildLcu([
      { turnId: 't1', instruction: 'first', images: [image(1)] },
      { turnId: 't2', instruction: `as in @${id(1)}`, images: [image(2)] },
    ])
    assert.equal(lcu[1]!.instruction, 'as in {image}')
  })
})

describe('indicator', () => {
  it('counts from {image} to {image9}', () => {
    assert.equal(indicator(0), '{image}')
    assert.equal(indicator(9), '{image9}')
    assert.throws(() => indicator(10), RangeError)
  })
})
