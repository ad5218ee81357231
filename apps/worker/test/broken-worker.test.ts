import assert from 'node:assert/strict'
import { readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from '@jest/globals'
import type { Manifest, WorkerReport } from '@atelier/contracts'
import { eventually } from '@atelier/testing'
import { startWorker, type RunningWorker } from '../src/index.js'
import { copyTinyModel, type ModelCopy } from './model-copy.js'
import { openWorkerStack, type WorkerStack } from './worker-stack.js'

let stack: WorkerStack
let copy: ModelCopy
let broken: RunningWorker
let whole: RunningWorker

beforeAll(async () => {
  stack = await openWorkerStack()
  copy = await copyTinyModel()
  const models = { directory: copy.directory, defaultModel: 'tiny' }
  broken = await startWorker({ ...stack.settings, models }, { health: { firstPauseMs: 300 } })
  whole = await startWorker(stack.settings)
})
afterAll(async () => {
  await Promise.all([broken?.close(), whole?.close()])
  await copy?.remove()
  await stack?.close()
})

const ended = (row: { finishedAt: string | null }) => row.finishedAt !== null
const reportOf = async ({ id }: RunningWorker): Promise<WorkerReport> =>
  (await stack.database.admin.workers(30)).find((report) => report.id === id)!
/** The next generation needs a fresh process, and is not lost with the old one. */
const killModel = async () => {
  process.kill(broken.inferencePid!, 'SIGKILL')
  await eventually('the process has ended', () => broken.inferencePid === undefined)
}

describe('a worker whose model is damaged while it runs', () => {
  test('fails no generation while another one works: it steps back, says why, and returns when it is mended', async () => {
    const manifest = JSON.parse(await readFile(join(copy.folder, 'manifest.json'), 'utf8')) as Manifest
    const file = manifest.graphs.denoiser
    const path = join(copy.folder, file)
    const bytes = await readFile(path)
    await truncate(path, 100)
    await killModel()
    // some wait until the broken worker has had its share: how many the other one makes meanwhile depends on the machine
    const made = await Promise.all(Array.from({ length: 10 }, (_, i) => stack.turn(`picture ${i}`)))
    const stepsBack = async () => {
      if ((await reportOf(broken)).state === 'unhealthy') return true
      const { waiting } = await stack.queue.counts().catch(() => ({ waiting: Infinity }))
      if (waiting < 5) made.push(await stack.turn(`picture ${made.length}`))
      return false
    }
    await eventually('it steps back', stepsBack, 120_000)
    const rows = await Promise.all(made.map(({ id }) => stack.until(id, ended)))
    assert.deepEqual(
      rows.map(({ status, error }) => error ?? status),
      rows.map(() => 'succeeded'),
    )
    const tried = rows.filter(({ attempt }) => attempt > 1).length
    assert.ok(tried >= 3 && tried <= 4, `${tried} generations were tried on the broken worker`)
    const report = await eventually('it says what is wrong', async () => {
      const seen = await reportOf(broken)
      return seen.unhealthyReason?.includes('bytes') && seen
    })
    assert.equal(report.state, 'unhealthy')
    assert.match(report.unhealthyReason!, new RegExp(file))

    await writeFile(path, bytes)
    // its pauses have grown as long as it took to come here
    await eventually('it takes work again', async () => (await reportOf(broken)).state === 'ready', 120_000)
    assert.equal((await reportOf(broken)).unhealthyReason, null)
    await whole.close()
    const { id } = await stack.turn('the mended one')
    const row = await stack.until(id, ended)
    assert.deepEqual([row.status, row.attempt], ['succeeded', 1])
  })

  test('fails a generation that fails everywhere after two attempts, with its code, and goes on', async () => {
    await whole.close()
    await stack.until((await stack.turn('a good one')).id, ended)
    const file = join(
      copy.folder,
      (JSON.parse(await readFile(join(copy.folder, 'manifest.json'), 'utf8')) as Manifest).graphs.denoiser,
    )
    const bytes = await readFile(file)
    await truncate(file, 100)
    await killModel()
    const row = await stack.until((await stack.turn('a bad one')).id, ended)
    assert.deepEqual([row.status, row.error?.code, row.attempt], ['failed', 'model_failed', 2])
    await writeFile(file, bytes)
    const next = await stack.until((await stack.turn('the next one')).id, ended)
    assert.deepEqual([next.status, next.attempt], ['succeeded', 1])
  })
})
