import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { layoutTree, neighbour } from '../src/map/layout-tree.js'

/** `b<a` is a turn b that follows a. */
const turnsOf = (text: string) =>
  text.split(' ').map((part) => {
    const [id, parentTurnId = null] = part.split('<')
    return { id: id!, parentTurnId }
  })
const places = (text: string) =>
  Object.fromEntries(layoutTree(turnsOf(text)).turns.map(({ turn, row, column }) => [turn.id, [row, column]]))

describe('the map of a conversation', () => {
  it('goes straight down where nothing branches', () => {
    assert.deepEqual(places('a b<a c<b'), { a: [0, 0], b: [1, 0], c: [2, 0] })
  })

  it('gives every branch a column, the first one straight on', () => {
    assert.deepEqual(places('a b<a c<a d<b e<c f<b'), {
      a: [0, 0],
      b: [1, 0],
      d: [2, 0],
      f: [2, 1],
      c: [1, 2],
      e: [2, 2],
    })
  })

  it('lets branches that end before another begins share a column', () => {
    assert.deepEqual(places('a b<a c<a d<b e<d f<d'), {
      a: [0, 0],
      b: [1, 0],
      d: [2, 0],
      e: [3, 0],
      f: [3, 1],
      c: [1, 1],
    })
  })

  it('puts new beginnings, and turns whose parent is unknown, side by side', () => {
    assert.deepEqual(places('a b x<gone c<b'), { a: [0, 0], b: [0, 1], c: [1, 1], x: [0, 2] })
    assert.equal(layoutTree([]).columns, 0)
  })

  it('never puts two turns on one place, however it branches', () => {
    const turns = Array.from({ length: 3000 }, (_, i) => ({
      id: `t${i}`,
      parentTurnId: i === 0 ? null : `t${Math.max(0, i - 1 - ((i * 7919) % 5))}`,
    }))
    const { turns: placed, rows, columns } = layoutTree(turns)
    assert.equal(new Set(placed.map(({ row, column }) => `${row} ${column}`)).size, 3000)
    for (const { row, column } of placed) assert.ok(row < rows && column < columns)
  })

  it('leads by keys to parent, follower and neighbours', () => {
    const layout = layoutTree(turnsOf('a b<a c<a d<b e<c f<b'))
    const from = (id: string) => layout.turns.find(({ turn }) => turn.id === id)!
    assert.equal(neighbour(layout, from('f'), 'ArrowUp')?.id, 'b')
    assert.equal(neighbour(layout, from('b'), 'ArrowDown')?.id, 'd')
    assert.equal(neighbour(layout, from('d'), 'ArrowRight')?.id, 'f')
    assert.equal(neighbour(layout, from('e'), 'ArrowLeft')?.id, 'f')
    assert.equal(neighbour(layout, from('a'), 'ArrowUp'), null)
    assert.equal(neighbour(layout, from('a'), 'Enter'), null)
    assert.equal(neighbour(layout, from('a'), 'End')?.id, 'f')
  })
})
