import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { historyWindow, indicator, nameFrames } from '../src/index.js'

const id = (n: number) => `img_${String(n).padStart(16, '0')}`
const image = (n: number) => ({ imageId: id(n), maskId: null, maskMode: 'keep' as const })

describe('nameFrames', () => {
  it('numbers images over all units and renumbers mentions', () => {
    const lcu = nameFrames([
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
    const lcu = nameFrames([
      { turnId: 't1', instruction: `@${id(1)}`, images: [image(1)] },
      { turnId: 't2', instruction: `@${id(1)}`, images: [image(1)] },
    ])
    assert.deepEqual(
      lcu.map((u) => u.instruction),
      ['{image}', '{image1}'],
    )
  })

  it('names a mentioned picture of another unit', () => {
    const lcu = nameFrames([
      { turnId: 't1', instruction: 'first', images: [image(1)] },
      { turnId: 't2', instruction: `as in @${id(1)}`, images: [image(2)] },
    ])
    assert.equal(lcu[1]!.instruction, 'as in {image}')
  })
})

describe('historyWindow', () => {
  const turn = (turnId: string, parentTurnId: string | null, imageCount: number) => ({
    id: turnId,
    parentTurnId,
    instruction: '',
    images: Array.from({ length: imageCount }, (_, n) => image(n)),
  })
  // t1 makes a picture; t2 and t3 edit it one after the other; b2 is a branch from t1; t4 uses three images.
  const turns = [
    turn('t1', null, 0),
    turn('t2', 't1', 1),
    turn('b2', 't1', 1),
    turn('t3', 't2', 1),
    turn('t4', 't3', 3),
  ]
  const ids = (list: { id: string }[]) => list.map((t) => t.id)
  const current = turn('t5', 't4', 1)
  it('leaves out turns without images', () =>
    assert.deepEqual(ids(historyWindow(turns, current, { mode: 'lineage' }).window), ['t2', 't3', 't4']))
  it('takes every branch in session mode', () =>
    assert.deepEqual(ids(historyWindow(turns, current, { mode: 'session' }).window), ['t2', 'b2', 't3', 't4']))
  it('is empty when switched off', () =>
    assert.deepEqual(historyWindow(turns, current, { mode: 'none' }), { window: [], dropped: [] }))
  it('keeps the newest within the limit', () =>
    assert.deepEqual(ids(historyWindow(turns, current, { mode: 'lineage', limit: 2 }).window), ['t3', 't4']))
  it('never exceeds nine frames: the oldest go first', () => {
    const five = historyWindow(turns, turn('t5', 't4', 5), { mode: 'lineage' })
    assert.deepEqual([ids(five.window), ids(five.dropped)], [['t3', 't4'], ['t2']])
    const nine = historyWindow(turns, turn('t5', 't4', 9), { mode: 'lineage' })
    assert.deepEqual([nine.window, ids(nine.dropped)], [[], ['t2', 't3', 't4']])
  })
})

describe('indicator', () => {
  it('counts from {image} to {image9}', () => {
    assert.equal(indicator(0), '{image}')
    assert.equal(indicator(9), '{image9}')
    assert.throws(() => indicator(10), RangeError)
  })
})
