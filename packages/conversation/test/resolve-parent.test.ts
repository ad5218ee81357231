import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { resolveParent, type SessionTurn } from '../src/index.js'

const use = (imageId: string) => ({ imageId, maskId: null, maskMode: 'keep' as const })
const turn = (id: string, parentTurnId: string | null, images: string[], made: string[] = []): SessionTurn => ({
  id,
  parentTurnId,
  instruction: '',
  images: images.map(use),
  made: made.map((imageId) => ({ imageId, reproduction: imageId.startsWith('r') })),
})

describe('resolveParent', () => {
  const turns = [turn('t1', null, ['a'], ['one']), turn('t2', 't1', ['a', 'b']), turn('t3', 't1', ['b'], ['r3'])]
  const parent = (images: string[], parentTurnId?: string | null) =>
    resolveParent({ parentTurnId }, images.map(use), { turns, activeTurnId: 't2' })

  it('is the one that the request names', () => {
    assert.equal(parent(['one'], 't3'), 't3')
    assert.equal(parent(['one'], null), null)
    assert.throws(() => parent([], 'gone'), {
      code: 'unknown_turn',
      details: { field: 'parentTurnId', turnId: 'gone' },
    })
  })

  it('is the turn that made the first image, else the first that used it, else the active one', () => {
    assert.equal(parent(['one', 'b']), 't1')
    assert.equal(parent(['r3']), 't3', 'a reproduction was made there too')
    assert.equal(parent(['b', 'one']), 't2')
    assert.equal(parent(['c', 'one']), 't2')
    assert.equal(parent([]), 't2')
  })
})
