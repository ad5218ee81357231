import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, test } from '@jest/globals'
import { newId, type ProgressEvent } from '@atelier/contracts'
import { openProgressFeed, type ProgressFeed } from '@atelier/queue'
import { eventually, runSql, startStopwatch } from '@atelier/testing'
import { startWorker, type RunningWorker } from '../src/index.js'
import { roomy } from './model-copy.js'
import { openWorkerStack, type WorkerStack } from './worker-stack.js'

let stack: WorkerStack
let worker: RunningWorker
let feed: ProgressFeed
const heard: ProgressEvent[] = []

beforeAll(async () => {
  stack = await openWorkerStack()
  await stack.model.edit(roomy)
  feed = await openProgressFeed(stack.settings.queue)
  feed.onProgress((progress) => heard.push(progress))
  // a process that lives is silent for less, also on a machine with much else to do
  const inference = { previewEveryMs: 0, silenceFloorMs: 6000, cancelGraceMs: 2000 }
  worker = await startWorker(stack.settings, { graceMs: 50, inference, health: { firstPauseMs: 200 } })
})
afterAll(async () => {
  await worker?.close()
  await feed?.close()
  await stack?.close()
})

const ended = (row: { finishedAt: string | null }) => row.finishedAt !== null
/** A generation that lasts for seconds, with several steps behind it. */
async function longOne(steps = 100): Promise<string> {
  const { id } = await stack.turn('a long one', { parameters: { width: 256, height: 256, steps } })
  await stack.until(id, (row) => row.step >= 2)
  return id
}

describe('a generation in the middle', () => {
  test('is cancelled before its next steps, without a picture', async () => {
    const id = await longOne()
    const ms = await stack.cancelMs(id)
    const row = await stack.generation(id)
    assert.deepEqual([row.status, row.images.length], ['cancelled', 0])
    assert.ok(ms < 1000, `it took ${ms} ms`)
    const next = await stack.turn('after it')
    assert.equal((await stack.until(next.id, ended)).status, 'succeeded')
    assert.equal(await stack.objects.head(`generations/${id}/0.png`), null)
  })

  test('shows its steps and previews on the feed', async () => {
    await eventually('a preview is heard', () => heard.some((p) => p.preview))
    const progress = heard.filter((p) => p.preview)
    assert.match(progress[0]!.preview!, /^data:image\/png;base64,/)
    assert.ok(progress.every((p) => p.step >= 1 && p.step < p.steps))
  })

  test('is made by a fresh inference process when its own is killed', async () => {
    const id = await longOne()
    const killed = worker.inferencePid!
    process.kill(killed, 'SIGKILL')
    const row = await stack.until(id, ended)
    assert.deepEqual([row.status, row.attempt, row.images.length], ['succeeded', 2, 1], JSON.stringify(row.error))
    assert.notEqual(worker.inferencePid, killed)
  })

  test('is made by a fresh inference process when its own hangs', async () => {
    const id = await longOne()
    process.kill(worker.inferencePid!, 'SIGSTOP')
    const row = await stack.until(id, ended)
    assert.deepEqual([row.status, row.attempt], ['succeeded', 2], JSON.stringify(row.error))
  })

  test('fails with worker_lost when it kills every process that tries it, and the next one is made', async () => {
    const { id } = await stack.turn('poison', { parameters: { width: 256, height: 256, steps: 1000 } })
    const row = await stack.until(id, (generation) => {
      const pid = generation.status === 'running' && generation.step > 0 && worker.inferencePid
      if (pid) process.kill(pid, 'SIGKILL')
      return ended(generation)
    })
    // five, and the two that the generations above lost, which were not their fault
    assert.deepEqual([row.status, row.error?.code, row.attempt, row.images.length], ['failed', 'worker_lost', 7, 0])
    const next = await stack.turn('after it')
    assert.equal((await stack.until(next.id, ended)).status, 'succeeded')
  })

  test('is cancelled even when the model does not listen', async () => {
    const id = await longOne()
    const deaf = worker.inferencePid!
    process.kill(deaf, 'SIGSTOP')
    await stack.owner.generations.cancel(id)
    assert.equal((await stack.until(id, ended)).status, 'cancelled')
    const next = await stack.turn('after it')
    assert.equal((await stack.until(next.id, ended)).status, 'succeeded')
    assert.notEqual(worker.inferencePid, deaf)
  })

  test('is given up at once, with nothing written, when another worker has claimed it', async () => {
    const id = await longOne()
    const other = await stack.database.work.claim(id, newId('worker'))
    assert.equal(other?.attempt, 2)
    const next = await stack.turn('after it')
    assert.equal((await stack.until(next.id, ended)).status, 'succeeded')
    const row = await stack.generation(id)
    assert.deepEqual([row.status, row.attempt, row.images.length], ['running', 2, 0])
    assert.equal(await stack.objects.head(`generations/${id}/0.png`), null)
    await stack.database.work.fail(other!, { code: 'model_failed', message: 'end of the test' })
  })

  test('goes back to be queued as soon as the queue has lost its job, and another attempt begins', async () => {
    // longer than it takes to renew the lock
    const id = await longOne(1000)
    const watch = startStopwatch()
    await runSql(stack.settings.databaseUrl, `DELETE FROM atelier_queue.job WHERE id = '${id}'`)
    const row = await stack.until(id, ({ status }) => status !== 'running')
    assert.deepEqual([row.status, row.attempt], ['queued', 1])
    const ms = watch.stop()
    assert.ok(ms < 15_000, `queued after ${ms} ms`)
    await stack.queue.add(id)
    await stack.until(id, ({ attempt, step }) => attempt === 2 && step >= 2)
    await stack.owner.generations.cancel(id)
    await stack.until(id, ended)
  })

  test('goes back to the queue when its worker closes, and another worker makes it', async () => {
    const id = await longOne()
    await worker.close()
    assert.equal((await stack.generation(id)).status, 'queued')
    worker = await startWorker(stack.settings)
    const row = await stack.until(id, ended)
    assert.deepEqual([row.status, row.attempt], ['succeeded', 2])
    assert.deepEqual(
      (await stack.database.admin.workers(30)).map((w) => w.id),
      [worker.id],
    )
  })
})
