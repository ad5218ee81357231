import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { newId, type ProgressEvent } from '@atelier/contracts'
import {
  PostponeError,
  type GenerationHandler,
  type GenerationQueue,
  type JobContext,
  type StopError,
} from '../src/index.js'
import { eventually, startStopwatch } from '@atelier/testing'
import type { QueueHarness } from './queue-harness.js'

type Test = (name: string, body: (harness: QueueHarness, queue: GenerationQueue) => Promise<void>) => void

/** A handler that runs until its signal is aborted, then throws the reason; `started` and `ended` list its runs. */
function patient() {
  const started: string[] = []
  const ended: unknown[] = []
  const handler: GenerationHandler = async (id, { signal }) => {
    started.push(id)
    if (!signal.aborted) await once(signal, 'abort')
    ended.push(signal.reason)
    throw signal.reason
  }
  return { started, ended, handler }
}

const progressOf = (generationId: string, step: number): ProgressEvent => ({
  generationId,
  sessionId: 'ses_0000000000000000',
  turnId: 'trn_0000000000000000',
  attempt: 1,
  step,
  steps: 20,
  preview: 'data:,x',
})

/** Asks a queue again and again, until `stop` tells how long the longest answer took: as late as others may be heard. */
function watchAnswers(queue: GenerationQueue): { stop(): Promise<number> } {
  const over = new AbortController()
  const ask = async () => {
    let longest = 0
    while (!over.signal.aborted) {
      const asked = performance.now()
      const answers = await queue.check().then(
        () => true,
        () => false,
      )
      longest = answers ? Math.max(longest, performance.now() - asked) : Infinity
      await delay(5)
    }
    return longest
  }
  const asking = ask()
  return {
    stop: () => {
      over.abort()
      return asking
    },
  }
}

/** What a consumer does on every backend. */
export function consumerSuite(test: Test): void {
  test('takes nothing while it is paused, not even a job that was put back, and goes on afterwards', async (harness, queue) => {
    const seen: string[] = []
    const consumer = await harness.consumer(async (id) => {
      if (seen.push(id) > 1) return
      consumer.pause()
      throw new PostponeError(0)
    })
    const [first, second] = [newId('generation'), newId('generation')]
    await queue.add(first)
    await queue.add(second)
    await eventually('the first job is back', async () => seen.length === 1 && (await queue.counts()).active === 0)
    await delay(1_500)
    assert.deepEqual([seen, consumer.healthy], [[first], true])
    consumer.resume()
    await eventually('both jobs have ended', async () => (await queue.counts()).completed === 2)
    assert.deepEqual(seen.toSorted(), [first, first, second].toSorted())
  })

  test('tells every feed of progress, newest last', async (harness, queue) => {
    const feeds = [await harness.feed(), await harness.feed()]
    const seen: ProgressEvent[][] = [[], []]
    feeds.forEach((feed, i) => feed.onProgress((progress) => seen[i]!.push(progress)))
    const id = newId('generation')
    await harness.consumer(async (_, { report }) => {
      for (let step = 1; step <= 20; step++) {
        report(progressOf(id, step))
        await new Promise((resolve) => {
          setTimeout(resolve, 10)
        })
      }
      await eventually('both feeds heard of the last step', () => {
        report(progressOf(id, 20))
        return seen.every((list) => list.at(-1)?.step === 20)
      })
    })
    await queue.add(id)
    await eventually('the job has ended', async () => (await queue.counts()).completed === 1)
    for (const list of seen) {
      assert.deepEqual(list[0], progressOf(id, list[0]!.step))
      assert.deepEqual(
        list.map(({ step }) => step),
        list.map(({ step }) => step).sort((a, b) => a - b),
      )
    }
  })

  test('tries a job again, later, when its handler throws', async (harness, queue) => {
    const runs: number[] = []
    await harness.consumer(async () => {
      runs.push(Date.now())
      if (runs.length < 4) throw new Error('the database does not answer')
    })
    const id = newId('generation')
    await queue.add(id)
    await eventually('the job has ended', async () => (await queue.counts()).completed === 1)
    const waits = runs.slice(1).map((at, i) => at - runs[i]!)
    assert.equal(runs.length, 4)
    assert.ok(waits[0]! >= 45 && waits[1]! >= 95 && waits[2]! >= 195, `waits of ${waits.join(', ')} ms`)
  })

  test('runs as many jobs at once as it may', async (harness, queue) => {
    let now = 0
    let most = 0
    let done = 0
    await harness.consumer(
      async () => {
        most = Math.max(most, ++now)
        await eventually('three have run at once', () => most >= 3)
        await new Promise((resolve) => {
          setTimeout(resolve, 30)
        })
        now--
        done++
      },
      { concurrency: 3 },
    )
    for (let i = 0; i < 9; i++) await queue.add(newId('generation'))
    await eventually('all have run', () => done === 9)
    assert.equal(most, 3)
  })

  test('leaves jobs to an idle consumer while it has some, and takes more when there is none', async (harness, queue) => {
    const held = [0, 0].map(() => new Set<() => void>())
    let over = false
    for (const jobs of held) {
      const hold = (resolve: () => void) => (over ? resolve() : void jobs.add(resolve))
      await harness.consumer(() => new Promise(hold), { concurrency: 4 })
    }
    const counts = () => held.map(({ size }) => size)
    const begun = (count: number) =>
      eventually(`${count} run`, () => counts().reduce((sum, size) => sum + size) === count)
    const end = (jobs: Set<() => void>) => {
      for (const resolve of jobs) resolve()
      jobs.clear()
    }
    const add = async (count: number) => {
      for (let i = 0; i < count; i++) await queue.add(newId('generation'))
    }
    try {
      const rounds = 5
      const played: { most: number; lateMs: number }[] = []
      const calm = () => played.filter(({ lateMs }) => lateMs < 20)
      // one that waits for 40 ms leaves a job to one that is not heard in that time, if the machine is late
      while (calm().length < rounds && played.length < 8 * rounds) {
        await queue.pause()
        await add(4)
        const watched = watchAnswers(queue)
        await queue.resume()
        await begun(4)
        played.push({ most: Math.max(...counts()), lateMs: await watched.stop() })
        held.forEach(end)
        await eventually('all have ended', async () => (await queue.counts()).active === 0)
      }
      const calmest = played.toSorted((a, b) => a.lateMs - b.lateMs).slice(0, rounds)
      const most = calmest.reduce((sum, round) => sum + round.most, 0)
      // where the first takes all that it may, it is three or four each time; a machine with much else to do may be late once
      assert.ok(most <= 2 * rounds + 1, `one of two consumers took ${most} of ${4 * rounds}: ${JSON.stringify(played)}`)
      await add(8)
      await begun(8)
      assert.deepEqual(counts(), [4, 4])
    } finally {
      over = true
      held.forEach(end)
    }
  })

  test('lets a running job end when it closes', async (harness, queue) => {
    let finished = false
    let running = false
    const consumer = await harness.consumer(async () => {
      running = true
      await new Promise((resolve) => {
        setTimeout(resolve, 300)
      })
      finished = true
    })
    await queue.add(newId('generation'))
    await eventually('the job runs', () => running)
    await consumer.close({ graceMs: 30_000 })
    assert.equal(finished, true)
    assert.equal(consumer.healthy, false)
    assert.equal((await queue.counts()).completed, 1)
  })

  test('gives a job to another consumer at once when it closes before the job ends', async (harness, queue) => {
    const first = patient()
    const consumer = await harness.consumer(first.handler, { backoffMs: 20_000 })
    const id = newId('generation')
    await queue.add(id)
    await eventually('the job runs', () => first.started.length === 1)
    const taken: string[] = []
    await harness.consumer(async (generationId) => {
      taken.push(generationId)
    })
    const closing = Date.now()
    await consumer.close({ graceMs: 100 })
    assert.equal((first.ended[0] as StopError).reason, 'shutting-down')
    await eventually('another has it', () => taken.length === 1, 1_500)
    assert.ok(Date.now() - closing >= 95)
    assert.deepEqual(taken, [id])
    await eventually('the job has ended', async () => (await queue.counts()).completed === 1)
  })

  test('takes over the job of a process that was killed', async (harness, queue) => {
    const times = { lockMs: 1_000, stalledCheckMs: 500 }
    const { url, name } = harness.options
    const child = fork(new URL('./consumer-process.js', import.meta.url), [JSON.stringify({ url, name, ...times })])
    const message = once(child, 'message')
    const id = newId('generation')
    await queue.add(id)
    assert.deepEqual((await message)[0], { generationId: id })
    child.kill('SIGKILL')
    await once(child, 'exit')
    const watch = startStopwatch()
    const taken: string[] = []
    await harness.consumer(async (generationId) => {
      taken.push(generationId)
    }, times)
    await eventually('another has it', () => taken.length === 1, 6_000)
    assert.deepEqual(taken, [id])
    assert.ok(watch.stop() < 6_000)
    await eventually('the job has ended', async () => (await queue.counts()).completed === 1)
  })

  for (const minutes of [10, -10]) {
    test(`with a clock that is ${minutes} minutes ahead takes no job from others, and its own is taken over`, async (harness, queue) => {
      // a lock that outlasts a machine which stands still for a second
      const times = { lockMs: 4_000, stalledCheckMs: 300 }
      const { url, name } = harness.options
      const options = JSON.stringify({ url, name, ...times })
      const child = fork(new URL('./consumer-process.js', import.meta.url), [options, String(minutes * 60_000)])
      const message = once(child, 'message')
      const [its, ours] = [newId('generation'), newId('generation')]
      await queue.add(its)
      assert.deepEqual((await message)[0], { generationId: its })
      const runs: string[] = []
      const aborted: unknown[] = []
      await harness.consumer(async (id, { signal }) => {
        runs.push(id)
        // for more than a lock, and many looks for those that have run out
        if (id === ours) await delay(6_000, undefined, { signal }).catch(() => aborted.push(signal.reason))
      }, times)
      await queue.add(ours)
      await eventually('our job has ended', async () => (await queue.counts()).completed === 1)
      assert.deepEqual([runs, aborted], [[ours], []])
      child.kill('SIGKILL')
      await eventually('its job was taken over', async () => (await queue.counts()).completed === 2, 8_000)
      assert.deepEqual([runs, aborted], [[ours, its], []])
    })
  }

  test('takes over the job of a process that was killed before those that wait at the same tag', async (harness, queue) => {
    const times = { lockMs: 1_000, stalledCheckMs: 300 }
    const { url, name } = harness.options
    const child = fork(new URL('./consumer-process.js', import.meta.url), [JSON.stringify({ url, name, ...times })])
    const message = once(child, 'message')
    const ids = Array.from({ length: 200 }, () => newId('generation'))
    for (const id of ids) await queue.add(id)
    const [{ generationId }] = (await message) as [{ generationId: string }]
    const taken: string[] = []
    await harness.consumer(async (id) => {
      taken.push(id)
      await delay(100)
    }, times)
    child.kill('SIGKILL')
    await eventually('another has it', () => taken.includes(generationId), 15_000)
    assert.ok(taken.length < 100, `${taken.length} jobs were taken before`)
  })

  test('keeps the lock of a job for as long as it runs', async (harness, queue) => {
    const { started, handler } = patient()
    let signal: AbortSignal | undefined
    const watched = (id: string, context: JobContext) => {
      signal = context.signal
      return handler(id, context).catch(() => {})
    }
    const times = { lockMs: 3_000, stalledCheckMs: 200 }
    const consumers = [await harness.consumer(watched, times), await harness.consumer(watched, times)]
    const id = newId('generation')
    await queue.add(id)
    await eventually('the job runs', () => signal)
    await delay(2.2 * times.lockMs)
    assert.deepEqual(started, [id])
    assert.equal(signal?.aborted, false)
    assert.ok(consumers.every((consumer) => consumer.healthy))
    await Promise.all(consumers.map((consumer) => consumer.close({ graceMs: 1 })))
    assert.deepEqual(started, [id])
  })
}
