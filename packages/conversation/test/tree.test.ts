import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { lineage } from '../src/index.js'

const turn = (id: string, parentTurnId: string | null) => ({ id, parentTurnId })
// b2 is a branch from t1
const turns = [turn('t1', null), turn('t2', 't1'), turn('b2', 't1'), turn('t3', 't2'), turn('t4', 't3')]
const ids = (list: { id: string }[]) => list.map(({ id }) => id)

describe('lineage', () => {
  it('follows the parents, oldest first, past a branch', () =>
    assert.deepEqual(ids(lineage(turns, 't3')), ['t1', 't2', 't3']))
  it('is empty at a root', () => assert.deepEqual(lineage(turns, null), []))
  it('ends at an unknown parent and does not loop', () => {
    assert.deepEqual(lineage(turns, 'gone'), [])
    assert.deepEqual(ids(lineage([turn('x', 'y'), turn('y', 'x')], 'x')), ['y', 'x'])
  })
})
