import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from '@jest/globals'
import { AtelierError, newId, type ProgressEvent } from '@atelier/contracts'
import { openConsumer, openProgressFeed, openQueue, type StopError } from '../src/index.js'
import { withTimeout } from '@atelier/service'
import { eventually, FlakyProxy, startStopwatch } from '@atelier/testing'
import { QueueHarness } from './queue-harness.js'

const isUnavailable = (error: unknown) =>
  error instanceof AtelierError && error.code === 'unavailable' && error.cause instanceof Error

/** A job whose end was not heard comes again soon. */
const shortLock = { lockMs: 2_000 }

/** What the queue does while its backend cannot be reached. */
export function outageSuite(url: () => string): void {
  describe('without its backend', () => {
    for (const fault of ['cut', 'silence'] as const) {
      it(`answers within 2 s that it is unavailable (${fault}), and works again afterwards`, async () => {
        const proxy = await FlakyProxy.open(url())
        const harness = new QueueHarness(proxy.url)
        const queue = await harness.queue()
        const id = newId('generation')
        await queue.add(id)
        proxy[fault]()
        const calls = [queue.add(newId('generation')), queue.check(), queue.counts()]
        // by timers of this process, as the answer is: they end in their order, however late
        const answers = Promise.all(calls.map((call) => assert.rejects(call, isUnavailable)))
        await withTimeout(2_500, answers)
        proxy.mend()
        await eventually('it answers again', () =>
          queue.check().then(
            () => true,
            () => false,
          ),
        )
        assert.equal(await queue.has(id), true)
        await harness.close()
        await proxy.close()
      })

      it(`stops a job before its lock ends (${fault}), and starts it again afterwards`, async () => {
        const proxy = await FlakyProxy.open(url())
        const harness = new QueueHarness(proxy.url)
        const queue = await harness.queue()
        const signals: AbortSignal[] = []
        const lockMs = 1_000
        const consumer = await harness.consumer(
          async (_, { signal }) => {
            signals.push(signal)
            if (signals.length > 1) return
            await once(signal, 'abort')
            throw signal.reason
          },
          { lockMs, stalledCheckMs: 300 },
        )
        await queue.add(newId('generation'))
        await eventually('the job runs', () => signals.length === 1)
        const stopped = once(signals[0]!, 'abort')
        proxy[fault]()
        // by a timer of this process, as the lock is watched
        if (!signals[0]!.aborted) await withTimeout(lockMs, stopped)
        assert.equal((signals[0]!.reason as StopError).reason, 'lock-lost')
        proxy.mend()
        await eventually('the job runs again', () => signals.length >= 2, 15_000)
        await eventually('the job has ended', async () => (await queue.counts().catch(() => null))?.completed === 1)
        assert.equal(consumer.healthy, true)
        await harness.close()
        await proxy.close()
      })
    }

    it('is replaced without a word: every part finds out by itself, on new connections', async () => {
      const proxy = await FlakyProxy.open(url())
      const harness = new QueueHarness(proxy.url)
      const queue = await harness.queue()
      const feed = await harness.feed()
      const seen: number[] = []
      feed.onProgress(({ step }) => seen.push(step))
      let runs = 0
      await harness.consumer(async (generationId, { report }) => {
        runs += 1
        report({ generationId, sessionId: newId('session'), turnId: newId('turn'), attempt: 1, step: runs, steps: 9 })
      }, shortLock)
      await queue.add(newId('generation'))
      await eventually('the first job was seen', () => seen.includes(1))
      await eventually('the first job has ended', async () => (await queue.counts()).completed === 1)
      proxy.forget()
      const watch = startStopwatch()
      await eventually(
        'a job is taken',
        () =>
          queue.add(newId('generation')).then(
            () => true,
            () => false,
          ),
        30_000,
      )
      const takenMs = watch.ms()
      await eventually('it runs', () => runs > 1, 30_000)
      const ranMs = watch.ms()
      await eventually(
        'its progress is seen',
        async () => {
          await queue.add(newId('generation')).catch(() => {})
          return seen.some((step) => step > 1)
        },
        60_000,
      )
      const seenMs = watch.stop()
      assert.ok(Math.max(takenMs, ranMs, seenMs) < 15_000, `taken, run and seen after ${[takenMs, ranMs, seenMs]} ms`)
      await harness.close()
      await proxy.close()
    })

    it('says at once that it cannot be opened', async () => {
      const proxy = await FlakyProxy.open(url())
      await proxy.close()
      const options = { url: proxy.url }
      const watch = startStopwatch()
      await Promise.all([
        assert.rejects(openQueue(options), isUnavailable),
        assert.rejects(openProgressFeed(options), isUnavailable),
        assert.rejects(
          openConsumer(options, async () => {}),
          isUnavailable,
        ),
      ])
      assert.ok(watch.stop() < 8_000)
    })

    it('opens patiently: it is unavailable until the backend answers, and works from then on', async () => {
      const proxy = await FlakyProxy.open(url())
      proxy.cut()
      const errors: Error[] = []
      const options = { url: proxy.url, name: newId('worker'), onError: (error: Error) => errors.push(error) }
      const [queue, feed] = await Promise.all([
        openQueue({ ...options, patient: true }),
        openProgressFeed({ ...options, patient: true }),
      ])
      const boards: unknown[] = []
      queue.onBoard((board) => boards.push(board))
      const seen: ProgressEvent[] = []
      feed.onProgress((progress) => seen.push(progress))
      const id = newId('generation')
      await assert.rejects(queue.add(id), { name: 'AtelierError', code: 'unavailable' })
      await eventually('an error was told', () => errors.length)
      assert.equal(boards.length, 0)
      const watch = startStopwatch()
      proxy.mend()
      await eventually(
        'it takes a job',
        () =>
          queue.add(id).then(
            () => true,
            () => false,
          ),
        20_000,
      )
      const consumer = await openConsumer(options, async (generationId, { report }) => {
        report({ generationId, sessionId: newId('session'), turnId: newId('turn'), attempt: 1, step: 1, steps: 1 })
      })
      await eventually('its progress is heard', async () => {
        await queue.add(newId('generation')).catch(() => {})
        return seen.length
      })
      const ms = watch.stop()
      assert.ok(ms < 15_000, `heard ${ms} ms after the backend was back`)
      assert.equal(boards.length, 1)
      await Promise.all([consumer.close(), queue.close(), feed.close()])
      await proxy.close()
    })

    it('closes while it waits for its backend', async () => {
      const proxy = await FlakyProxy.open(url())
      await proxy.close()
      const queue = await openQueue({ url: proxy.url, patient: true })
      const watch = startStopwatch()
      await queue.close()
      const ms = watch.stop()
      assert.ok(ms < 6_000, `closed after ${ms} ms`)
    })

    it('closes in a few seconds', async () => {
      const proxy = await FlakyProxy.open(url())
      const harness = new QueueHarness(proxy.url)
      await harness.queue()
      await harness.feed()
      await harness.consumer(async () => {})
      proxy.cut()
      const watch = startStopwatch()
      await harness.close()
      const ms = watch.stop()
      assert.ok(ms < 10_000, `closed after ${ms} ms`)
      await proxy.close()
    })

    it('leaves nothing that keeps its process, once it has closed', async () => {
      const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
      const before = timers()
      const proxy = await FlakyProxy.open(url())
      const harness = new QueueHarness(proxy.url)
      await harness.consumer(async () => {}, { stalledCheckMs: 100 })
      proxy.cut()
      // a look for stalled jobs fails
      await new Promise((resolve) => {
        setTimeout(resolve, 500)
      })
      await harness.close()
      await proxy.close()
      // ioredis gives a socket two seconds to close
      await eventually('no timer is left', () => timers() <= before, 3_000)
    })
  })
}
