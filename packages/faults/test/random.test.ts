import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { Random } from '../src/random.js'

const draw = (random: Random) => Array.from({ length: 20 }, () => random.between(1, 1000))

describe('Random', () => {
  it('draws the same numbers for the same seed, others for another', () => {
    assert.deepEqual(draw(new Random(7)), draw(new Random(7)))
    assert.notDeepEqual(draw(new Random(7)), draw(new Random(8)))
  })

  it('forks by name, whatever was drawn before', () => {
    const random = new Random(7)
    const first = draw(random.fork('faults'))
    draw(random)
    assert.deepEqual(draw(random.fork('faults')), first)
    assert.notDeepEqual(draw(random.fork('drive')), first)
  })

  it('stays within bounds, reaches both, and spreads evenly', () => {
    const random = new Random(7)
    const counts = new Map<number, number>()
    for (let index = 0; index < 6000; index++) {
      const value = random.between(1, 6)
      counts.set(value, (counts.get(value) ?? 0) + 1)
    }
    assert.deepEqual([...counts.keys()].sort(), [1, 2, 3, 4, 5, 6])
    for (const count of counts.values()) assert.ok(count > 850 && count < 1150, String(count))
  })
})
