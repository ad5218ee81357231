import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { historyWindow, lineage } from '../src/index.js'

const turn = (id: string, parentTurnId: string | null, imageCount: number) => ({ id, parentTurnId, imageCount })
// t1 makes a picture; t2 and t3 edit it one after the other; b2 is a branch from t1; t4 uses three images.
const turns = [turn('t1', null, 0), turn('t2', 't1', 1), turn('b2', 't1', 1), turn('t3', 't2', 1), turn('t4', 't3', 3)]
const ids = (list: { id: string }[]) => list.map((t) => t.id)

describe('lineage', () => {
  it('follows the parents, oldest first, past a branch', () =>
    assert.deepEqual(ids(lineage(turns, 't3')), ['t1', 't2', 't3']))
  it('is empty at a root', () => assert.deepEqual(lineage(turns, null), []))
  it('ends at an unknown parent and does not loop', () => {
    assert.deepEqual(lineage(turns, 'gone'), [])
    assert.deepEqual(ids(lineage([turn('x', 'y', 1), turn('y', 'x', 1)], 'x')), ['y', 'x'])
  })
})

describe('historyWindow', () => {
  const current = { parentTurnId: 't4', imageCount: 1 }
  it('leaves out turns without images', () =>
    assert.deepEqual(ids(historyWindow(turns, current, { mode: 'lineage' }).window), ['t2', 't3', 't4']))
  it('takes every branch in session mode', () =>
    assert.deepEqual(ids(historyWindow(turns, current, { mode: 'session' }).window), ['t2', 'b2', 't3', 't4']))
  it('is empty when switched off', () =>
    assert.deepEqual(historyWindow(turns, current, { mode: 'none' }), { window: [], dropped: [] }))
  it('keeps the newest within the limit', () =>
    assert.deepEqual(ids(historyWindow(turns, current, { mode: 'lineage', limit: 2 }).window), ['t3', 't4']))
  it('never exceeds nine frames: the oldest go first', () => {
    const five = historyWindow(turns, { ...current, imageCount: 5 }, { mode: 'lineage' })
    assert.deepEqual([ids(five.window), ids(five.dropped)], [['t3', 't4'], ['t2']])
    const nine = historyWindow(turns, { ...current, imageCount: 9 }, { mode: 'lineage' })
    assert.deepEqual([nine.window, ids(nine.dropped)], [[], ['t2', 't3', 't4']])
  })
})
