import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from '@jest/globals'
import type { ProgressEvent } from '@atelier/contracts'
import { openProgressFeed, type ProgressFeed } from '@atelier/queue'
import { eventually, FlakyProxy, startS3Server, startStopwatch, type S3Server } from '@atelier/testing'
import { startWorker, type RunningWorker } from '../src/index.js'
import { openWorkerStack, type WorkerStack } from './worker-stack.js'

let stack: WorkerStack
let s3: S3Server
let proxy: FlakyProxy
let feed: ProgressFeed
let worker: RunningWorker
const heard: ProgressEvent[] = []
/** What the store answers to writes of pictures, if not what it should. */
let fault: number | undefined
/** Which of those writes. */
let faultyKeys = '/generations/'
/** Objects of generations that were written, and not deleted since. */
const stored = new Set<string>()

beforeAll(async () => {
  stack = await openWorkerStack()
  s3 = await startS3Server({
    anyBucket: true,
    intercept: ({ method, url }) => {
      const path = url!.split('?')[0]!
      if (method === 'DELETE') stored.delete(path)
      if (method !== 'PUT' || !path.includes('/generations/')) return undefined
      if (fault && path.includes(faultyKeys)) return fault
      stored.add(path)
      return undefined
    },
  })
  proxy = await FlakyProxy.open(s3.endpoint)
  feed = await openProgressFeed(stack.settings.queue)
  feed.onProgress((progress) => heard.push(progress))
})
beforeEach(async () => {
  fault = undefined
  faultyKeys = '/generations/'
  const endpoint = proxy.url.replace(/\/$/, '')
  const objects = { kind: 's3' as const, bucket: 'b', region: 'r', endpoint, credentials: s3.credentials }
  worker = await startWorker(
    { ...stack.settings, objects },
    { graceMs: 200, patienceMs: 8_000, health: { firstPauseMs: 100 } },
  )
})
afterEach(() => worker.close())
afterAll(async () => {
  await feed?.close()
  await proxy?.close()
  await s3?.stop()
  await stack?.close()
})

const ended = (row: { finishedAt: string | null }) => row.finishedAt !== null
/** When it ended by the database's clock, which is this machine's: how long a test takes to look is not in it. */
const endOf = (row: { finishedAt: string | null }) => Date.parse(row.finishedAt!)
/** How often the model began with a generation. */
const runsOf = (id: string) => heard.filter(({ generationId, step }) => generationId === id && step === 1).length
const report = async () => (await stack.database.admin.workers(30)).find(({ id }) => id === worker.id)!
/** A generation whose picture cannot be stored, as soon as it was made. */
async function made(): Promise<string> {
  const { id } = await stack.turn('a picture')
  await stack.until(id, (row) => row.step === 4)
  return id
}

describe('an object store', () => {
  test('that is away while a picture is stored is waited for, and the picture stored when it is back', async () => {
    proxy.cut()
    const id = await made()
    // well before it is given up
    await delay(2_500)
    assert.equal((await stack.generation(id)).status, 'running')
    const back = Date.now()
    proxy.mend()
    const row = await stack.until(id, ended)
    assert.deepEqual([row.status, row.attempt, runsOf(id)], ['succeeded', 1, 1], JSON.stringify(row.error))
    const ms = endOf(row) - back
    assert.ok(ms < 4_000, `stored ${ms} ms after the store was back`)
  })

  test('that is away for longer: the worker takes no more work, and the model does not run again', async () => {
    proxy.cut()
    const id = await made()
    const other = await stack.turn('a picture that waits')
    const { unhealthyReason } = await eventually('it steps back', async () =>
      (await report()).state === 'unhealthy' ? report() : undefined,
    )
    assert.match(unhealthyReason!, /store does not answer/)
    // it gives back what it has after it has said so
    await stack.until(id, ({ status }) => status === 'queued')
    assert.equal((await stack.generation(other.id)).attempt, 0)
    const back = Date.now()
    proxy.mend()
    const rows = [await stack.until(id, ended), await stack.until(other.id, ended)]
    assert.deepEqual(
      rows.map((row) => [row.status, row.attempt, runsOf(row.id)]),
      [
        ['succeeded', 2, 1],
        ['succeeded', 1, 1],
      ],
    )
    const ms = Math.max(...rows.map(endOf)) - back
    assert.ok(ms < 10_000, `made ${ms} ms after the store was back`)
  })

  test('that hangs does not hold up a cancellation, or the end of the worker', async () => {
    proxy.silence()
    const id = await made()
    await delay(500)
    const ms = await stack.cancelMs(id)
    assert.ok(ms < 1_000, `cancelled after ${ms} ms`)
    const next = await made()
    const watch = startStopwatch()
    await worker.close()
    const closedMs = watch.stop()
    assert.ok(closedMs < 2_000, `closed after ${closedMs} ms`)
    assert.equal((await stack.generation(next)).status, 'queued')
    proxy.mend()
    await stack.owner.generations.cancel(next)
  })

  test('keeps nothing of a picture that is cancelled while it is stored', async () => {
    fault = 503
    faultyKeys = '.thumb.'
    const id = await made()
    const ofIt = () => [...stored].filter((path) => path.includes(id))
    await eventually('the picture is stored', () => ofIt().length === 1)
    await stack.owner.generations.cancel(id)
    assert.equal((await stack.until(id, ended)).status, 'cancelled')
    await eventually('it is deleted', () => ofIt().length === 0)
  })

  test('that refuses fails the generation with store_failed after two attempts and one run of the model', async () => {
    fault = 403
    const rows = []
    for (let i = 0; i < 2; i += 1) rows.push(await stack.until((await stack.turn('a picture')).id, ended))
    assert.deepEqual(
      rows.map((row) => [row.status, row.error?.code, row.attempt, runsOf(row.id)]),
      Array.from({ length: 2 }, () => ['failed', 'store_failed', 2, 1]),
    )
    fault = undefined
    const row = await stack.until((await stack.turn('a picture')).id, ended)
    assert.deepEqual([row.status, row.attempt], ['succeeded', 1])
  })
})
