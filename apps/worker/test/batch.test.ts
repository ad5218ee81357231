import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { readFile, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, test } from '@jest/globals'
import type { Manifest } from '@atelier/contracts'
import type { GenerationRow } from '@atelier/database'
import { createLogger, type WorkerSettings } from '@atelier/service'
import { eventually, sharedRedis, testUnless } from '@atelier/testing'
import { startWorker, type RunningWorker, type WorkerOptions } from '../src/index.js'
import { roomy } from './model-copy.js'
import { openWorkerStack, type WorkerStack } from './worker-stack.js'

let stack: WorkerStack
let worker: RunningWorker | undefined

/** A worker that begins when its batch is full. */
const start = async (
  batch: number,
  changed: Partial<WorkerSettings> = {},
  options: WorkerOptions = {},
): Promise<RunningWorker> => {
  const settings = { ...stack.settings, batch, batchWaitMs: batch > 1 ? 60_000 : 0, ...changed }
  return (worker = await startWorker(settings, { health: { firstPauseMs: 200 }, ...options }))
}
const ended = (row: GenerationRow) => row.finishedAt !== null
const endOf = (ids: readonly string[]) => Promise.all(ids.map((id) => stack.until(id, ended)))

/** Puts four generations into the queue that differ in texts, steps and guidance. */
async function four(steps = 150, ofFirst = steps): Promise<string[]> {
  const ids = []
  for (const [index, instruction] of ['a star', 'a red house and a tree', 'night', 'a blue fish'].entries()) {
    const own = index === 0 ? ofFirst : steps + 3 * index
    const parameters = { width: 128, height: 128, steps: own, guidanceScale: 1 + index }
    ids.push((await stack.turn(instruction, { parameters })).id)
  }
  return ids
}
/** The picture's digest of each. */
const pictures = (rows: readonly GenerationRow[]) => rows.map((row) => row.images[0]?.sha256)
/** Waits until all are in the middle. */
const inTheMiddle = (ids: readonly string[]) => Promise.all(ids.map((id) => stack.until(id, ({ step }) => step >= 3)))

const suite = (queue: string, queueUrl?: string) =>
  describe(`a worker that makes several generations at once, from a queue on ${queue}`, () => {
    let alone: (string | undefined)[]

    beforeAll(async () => {
      stack = await openWorkerStack(queueUrl)
      await stack.model.edit(roomy)
    })
    afterEach(async () => {
      await worker?.close()
      worker = undefined
    })
    afterAll(() => stack?.close())

    test('makes what waits in one batch, with the bytes of pictures made alone', async () => {
      await start(1)
      const before = await endOf(await four())
      alone = pictures(before)
      assert.ok(new Set(alone).size === 4 && before.every(({ timings }) => timings.batch === undefined))
      await worker!.close()
      const ids = await four()
      await start(4)
      const rows = await endOf(ids)
      assert.deepEqual(
        rows.map(({ status, attempt }) => [status, attempt]),
        Array.from({ length: 4 }, () => ['succeeded', 1]),
      )
      assert.deepEqual(pictures(rows), alone)
      assert.deepEqual(
        rows.map(({ timings }) => timings.batch),
        [4, 4, 4, 4],
      )
    })

    test('cancels one at once, and the others have the same bytes', async () => {
      await start(4)
      const ids = await four()
      await inTheMiddle(ids)
      const pid = worker!.inferencePid
      const ms = await stack.cancelMs(ids[1]!)
      assert.ok(ms < 1000, `it took ${ms} ms`)
      const rows = await endOf(ids)
      assert.deepEqual(
        rows.map(({ status }) => status),
        ['succeeded', 'cancelled', 'succeeded', 'succeeded'],
      )
      assert.deepEqual(
        pictures(rows),
        alone.map((digest, index) => (index === 1 ? undefined : digest)),
      )
      assert.equal(worker!.inferencePid, pid)
    })

    test('loses all with their process, makes each alone then, and is well', async () => {
      await start(4)
      const ids = await four()
      await inTheMiddle(ids)
      process.kill(worker!.inferencePid!, 'SIGKILL')
      const rows = await endOf(ids)
      assert.deepEqual(
        rows.map(({ status, attempt }) => [status, attempt]),
        Array.from({ length: 4 }, () => ['succeeded', 2]),
      )
      assert.deepEqual(pictures(rows), alone)
      assert.ok(
        rows.every(({ timings }) => timings.batch === undefined),
        JSON.stringify(rows.map((row) => row.timings)),
      )
      assert.equal((await stack.database.admin.workers(30))[0]!.unhealthyReason, null)
    })

    test('takes what breaks in one process for one failure, and makes each alone then', async () => {
      const manifest = JSON.parse(await readFile(join(stack.model.folder, 'manifest.json'), 'utf8')) as Manifest
      const path = join(stack.model.folder, manifest.graphs.denoiser)
      const bytes = await readFile(path)
      const said: string[] = []
      const write = (line: string) => {
        const { msg } = JSON.parse(line) as { msg: string }
        // the process is broken until it has failed for all
        if (said.push(msg) && said.filter((each) => each === 'attempt failed').length === 4) writeFileSync(path, bytes)
      }
      // the denoiser is opened by the first step, again and again
      await start(4, { resident: ['text-encoder'] }, { log: createLogger('worker', 'error', { write }) })
      await truncate(path, 100)
      const rows = await endOf(await four(4))
      assert.deepEqual(
        rows.map(({ status, attempt, error }) => [error ?? status, attempt]),
        Array.from({ length: 4 }, () => ['succeeded', 2]),
      )
      assert.deepEqual(
        said,
        Array.from({ length: 4 }, () => 'attempt failed'),
      )
    })

    test('gives up the one that kills the process, and none of those beside it', async () => {
      await start(4)
      // the poison never ends before it is seen to run, also alone
      const [poison, ...others] = await four(250, 1000)
      await inTheMiddle([poison!, ...others])
      let attempt = 0
      const watch = async () => {
        const row = await stack.generation(poison!)
        if (row.status === 'running' && row.step > 0 && row.attempt > attempt && worker!.inferencePid) {
          process.kill(worker!.inferencePid, 'SIGKILL')
          attempt = row.attempt
        }
        return ended(row) && row
      }
      const row = await eventually('the poison is given up', watch, 180_000)
      assert.deepEqual([row.status, row.error?.code], ['failed', 'worker_lost'])
      const rows = await endOf(others)
      assert.deepEqual(
        rows.map(({ status, attempt }) => [status, attempt]),
        Array.from({ length: 3 }, () => ['succeeded', 2]),
      )
    })

    test('gives all back when it closes, and each goes on where it is taken again', async () => {
      const closing = await start(4)
      const ids = await four(250)
      await inTheMiddle(ids)
      const reported = await eventually('it says what it does', async () => {
        const seen = (await stack.database.admin.workers(30)).find(({ id }) => id === closing.id)
        return seen?.state === 'busy' && seen.generations.length === 4 && seen
      })
      assert.equal(reported.batchSize, 4)
      // the first that it claimed: which one, where two are claimed at once, is the database's choice
      assert.ok(ids.includes(reported.generationId!))
      assert.deepEqual(reported.generations.map(({ id }) => id).toSorted(), ids.toSorted())
      assert.deepEqual(reported.generation, reported.generations[0])
      await closing.close()
      await start(1)
      const rows = await endOf(ids)
      assert.ok(rows.every(({ status }) => status === 'succeeded'))
    })
  })

suite('postgres')
const { url, missing } = sharedRedis()
if (missing) testUnless(missing)('a worker that makes several generations at once, from a queue on redis', () => {})
else suite('redis', url)
