import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { test } from '@jest/globals'
import { ProcessWatch } from '../src/inference/process-watch.js'
import { Turns } from '../src/inference/turns.js'

/** Work that says when it begins and ends, and lasts until it is told. */
function tracked(turns: Turns) {
  const seen: string[] = []
  const ends = new Map<string, () => void>()
  const begin = (name: string, options?: Parameters<Turns['take']>[1]) =>
    turns.take(async () => {
      seen.push(name)
      await new Promise<void>((resolve) => ends.set(name, resolve))
    }, options)
  const end = async (name: string) => {
    ends.get(name)!()
    await delay(1)
  }
  return { seen, begin, end }
}

test('what runs alone waits for what runs, and what comes later waits for it', async () => {
  const { seen, begin, end } = tracked(new Turns())
  const stop = new AbortController()
  const all = [begin('a'), begin('b'), begin('alone', { alone: true }), begin('c')]
  const gone = begin('gone', { alone: true, signal: stop.signal })
  all.push(begin('d'), begin('first', { alone: true, first: true }))
  await delay(1)
  assert.deepEqual(seen, ['a', 'b'])
  await end('a')
  assert.deepEqual(seen, ['a', 'b'])
  await end('b')
  assert.deepEqual(seen.splice(0), ['a', 'b', 'first'])
  await end('first')
  assert.deepEqual(seen.splice(0), ['alone'])
  stop.abort(new Error('enough'))
  await assert.rejects(gone, /enough/)
  await end('alone')
  assert.deepEqual(seen, ['c', 'd'])
  await end('c')
  await end('d')
  await Promise.all(all)
})

/** A watch with short bounds, and whether it has ended its process. */
const watch = () => new ProcessWatch(() => {}, { silenceFloorMs: 100, openingFloorMs: 100, cancelGraceMs: 50 })

test('a step of one is a sign of life for all, and its end is none of the others', async () => {
  const watched = watch()
  const [one, other] = [{ longest: 1 }, { longest: 1 }]
  watched.enter(one)
  watched.enter(other)
  for (let step = 0; step < 6; step++) {
    await delay(40)
    watched.step(one)
  }
  assert.equal(watched.bit, false)
  watched.leave(one)
  // ten times the longest silence, twice because they were two
  await delay(2000)
  assert.equal(watched.bit, true)
})

test('a process is ended for cancelled calls once it has no others', async () => {
  const watched = watch()
  const [one, other] = [{ longest: 30 }, { longest: 30 }]
  watched.enter(one)
  watched.enter(other)
  watched.cancel(one)
  await delay(150)
  assert.equal(watched.bit, false, 'the other goes on')
  watched.leave(other)
  await delay(100)
  assert.equal(watched.bit, true)
})

test('cancelled calls may end the step that they share', async () => {
  const watched = new ProcessWatch(() => {}, {})
  // each was measured alone: the first step of both may take as long as both
  const calls = [{ longest: 1100 }, { longest: 1100 }]
  for (const call of calls) watched.enter(call)
  for (const call of calls) watched.cancel(call)
  await delay(3000)
  assert.equal(watched.bit, false, 'two steps of both')
  await delay(1700)
  assert.equal(watched.bit, true)
})
