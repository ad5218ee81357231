import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { newId } from '@atelier/contracts'
import { PostponeError, type GenerationQueue } from '../src/index.js'
import { eventually } from '@atelier/testing'
import { QueueHarness } from './queue-harness.js'
import { consumerSuite } from './consumer.suite.js'
import { outageSuite } from './outage.suite.js'

/** A server that the suite runs on. */
export type Backend = { kind: 'postgres' | 'redis'; start: () => Promise<{ url: string; stop: () => Promise<void> }> }

/** What the queue does on every backend. */
export function generationQueueSuite({ kind, start }: Backend): void {
  describe(`generation queue on ${kind}`, () => {
    let server: { url: string; stop: () => Promise<void> }
    beforeAll(async () => {
      server = await start()
    })
    afterAll(() => server.stop())

    /** Runs a test with a queue of its own. */
    const test = (name: string, body: (harness: QueueHarness, queue: GenerationQueue) => Promise<void>) =>
      it(name, async () => {
        const harness = new QueueHarness(server.url)
        try {
          await body(harness, await harness.patientQueue())
        } finally {
          await harness.close()
        }
      })

    test('keeps what was added and runs it in order', async (harness, queue) => {
      const ids = Array.from({ length: 4 }, () => newId('generation'))
      for (const id of ids) await queue.add(id)
      assert.deepEqual(await Promise.all(ids.map((id) => queue.has(id))), [true, true, true, true])
      assert.deepEqual(await queue.counts(), {
        backend: kind,
        paused: false,
        waiting: 4,
        active: 0,
        delayed: 0,
        failed: 0,
        completed: 0,
      })
      const runs: string[] = []
      await harness.consumer(async (id) => {
        runs.push(id)
      })
      await eventually('all have run', () => runs.length === ids.length)
      assert.deepEqual(runs, ids)
    })

    test('takes the lowest tag first, equal ones in order, whatever is waiting already', async (harness, queue) => {
      const named = new Map<string, string>()
      const add = async (name: string, tag?: number) => {
        const id = newId('generation')
        named.set(id, name)
        await queue.add(id, tag)
        return id
      }
      await queue.pause()
      await add('last', 2 ** 31)
      for (const tag of [5, 3, 4, 300, 1_000_000]) await add(`tag ${tag}`, tag)
      await add('tag 3 again', 3)
      const gone = await add('gone', 2)
      await add('second')
      await add('first', 0)
      await queue.remove(gone)
      assert.equal((await queue.counts()).waiting, 9)
      await queue.resume()
      const runs: string[] = []
      await harness.consumer(async (id) => {
        runs.push(named.get(id)!)
        if (runs.length === 4) await add('came later', 4)
      })
      await eventually('all have run', () => runs.length === 10)
      assert.deepEqual(runs, [
        'first',
        'second',
        'tag 3',
        'tag 3 again',
        'tag 4',
        'came later',
        'tag 5',
        'tag 300',
        'tag 1000000',
        'last',
      ])
    })

    test('puts a postponed job back without counting an attempt, and others go first', async (harness, queue) => {
      const [busy, other] = [newId('generation'), newId('generation')]
      const runs: string[] = []
      await queue.add(busy, 1)
      await queue.add(other, 2)
      await harness.consumer(async (id) => {
        runs.push(id)
        // more often than a job may fail, and first for longer than it takes to take the other
        if (id === busy && runs.length <= 25) throw new PostponeError(runs.length === 1 ? 3_000 : 10)
      })
      await eventually('the other has run', () => runs.includes(other))
      assert.equal(runs[1], other)
      assert.equal(await queue.has(busy), true)
      await eventually('both have ended', async () => (await queue.counts()).completed === 2)
      assert.equal(runs.length, 26)
      assert.equal((await queue.counts()).failed, 0)
    })

    test('knows nothing of what was not added', async (_, queue) => {
      assert.equal(await queue.has(newId('generation')), false)
      await queue.remove(newId('generation'))
    })

    test('takes a waiting job out', async (_, queue) => {
      const [first, second] = [newId('generation'), newId('generation')]
      await queue.add(first)
      await queue.add(second)
      await queue.remove(first)
      assert.equal(await queue.has(first), false)
      assert.equal(await queue.has(second), true)
    })

    test('has one job for one generation, however often and at once it is added', async (harness, queue) => {
      const id = newId('generation')
      await Promise.all(Array.from({ length: 10 }, () => queue.add(id)))
      assert.equal((await queue.counts()).waiting, 1)
      let runs = 0
      let finish = () => {}
      await harness.consumer(async () => {
        runs++
        await new Promise<void>((resolve) => {
          finish = resolve
        })
      })
      await eventually('the job runs', () => runs === 1)
      await queue.add(id)
      assert.equal(await queue.has(id), true)
      finish()
      await eventually('the job has ended', async () => (await queue.counts()).completed === 1)
      assert.equal(runs, 1)
      assert.equal(await queue.has(id), false)
    })

    test('replaces a job that has ended', async (harness, queue) => {
      const id = newId('generation')
      let runs = 0
      await harness.consumer(async () => {
        runs++
      })
      for (let round = 1; round <= 3; round++) {
        await queue.add(id)
        await eventually(
          `round ${round} has ended`,
          async () => runs === round && (await queue.counts()).completed === 1,
        )
      }
      await Promise.all(Array.from({ length: 5 }, () => queue.add(id)))
      await eventually('the last round has ended', async () => runs >= 4 && !(await queue.has(id)))
    })

    test('leaves a running job alone when it is removed', async (harness, queue) => {
      const id = newId('generation')
      let finish: (() => void) | undefined
      await harness.consumer(
        () =>
          new Promise<void>((resolve) => {
            finish = resolve
          }),
      )
      await queue.add(id)
      // the backend counts it as active a moment before it begins
      const end = await eventually('the job runs', () => finish)
      await queue.remove(id)
      assert.equal(await queue.has(id), true)
      end()
      await eventually('the job has ended', async () => (await queue.counts()).completed === 1)
    })

    test('starts nothing while it is paused, on any consumer', async (harness, queue) => {
      const runs: string[] = []
      await harness.consumer(async (id) => {
        runs.push(id)
      })
      await queue.pause()
      const ids = [newId('generation'), newId('generation')]
      for (const id of ids) await queue.add(id)
      const { paused, waiting } = await queue.counts()
      assert.deepEqual({ paused, waiting }, { paused: true, waiting: 2 })
      assert.equal(await queue.has(ids[1]!), true)
      assert.deepEqual(runs, [])
      await queue.resume()
      await eventually('both have run', () => runs.length === 2)
      assert.deepEqual(runs, ids)
      assert.equal((await queue.counts()).paused, false)
    })

    test('forgets what waits when it is drained', async (_, queue) => {
      const ids = [newId('generation'), newId('generation')]
      for (const id of ids) await queue.add(id)
      await queue.drain()
      assert.deepEqual(await Promise.all(ids.map((id) => queue.has(id))), [false, false])
      assert.equal((await queue.counts()).waiting, 0)
      await queue.add(ids[0]!)
      assert.equal(await queue.has(ids[0]!), true)
    })

    test('answers a check', async (harness, queue) => {
      await queue.check()
      const boards: unknown[] = []
      queue.onBoard((board) => boards.push(board))
      assert.equal(boards.length, 1)
      assert.deepEqual(harness.errors, [])
    })

    consumerSuite(test)
    outageSuite(() => server.url)
  })
}
