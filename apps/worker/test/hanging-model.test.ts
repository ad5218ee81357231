import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, test } from '@jest/globals'
import { fileURLToPath } from 'node:url'
import { eventually } from '@atelier/testing'
import { startWorker, type RunningWorker } from '../src/index.js'
import { openWorkerStack, type WorkerStack } from './worker-stack.js'

/** Several times what the tiny model takes to open on a busy machine. */
const openingFloorMs = 15_000
let stack: WorkerStack
let worker: RunningWorker

beforeAll(async () => {
  stack = await openWorkerStack()
  await stack.model.edit((manifest) => ({ ...manifest, limits: { ...manifest.limits, maxFrameTokens: 65_536 } }))
  worker = await startWorker(stack.settings, { graceMs: 200, inference: { openingFloorMs } })
})
afterAll(async () => {
  await worker?.close()
  await stack?.close()
})

const ended = (row: { finishedAt: string | null }) => row.finishedAt !== null
const alive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
/** A generation whose model hangs while it is opened: the process is stopped as soon as there is a fresh one. */
async function hanging(): Promise<{ id: string; pid: number }> {
  const old = worker.inferencePid
  if (old) process.kill(old, 'SIGKILL')
  const { id } = await stack.turn('a picture')
  const pid = await eventually('there is a fresh process', () => worker.inferencePid !== old && worker.inferencePid)
  process.kill(pid, 'SIGSTOP')
  return { id, pid }
}

describe('a model that hangs while it opens', () => {
  test('is ended in time, and the generation made by a fresh process', async () => {
    const { id, pid } = await hanging()
    const start = Date.now()
    const row = await stack.until(id, ended)
    assert.deepEqual([row.status, row.attempt], ['succeeded', 2], JSON.stringify(row.error))
    assert.ok(Date.now() - start < openingFloorMs + 20_000, `made after ${Date.now() - start} ms`)
    assert.equal(alive(pid), false)
  })

  test('does not hold up a cancellation, and the worker makes the next one', async () => {
    const { id } = await hanging()
    await stack.until(id, (row) => row.status === 'running')
    await stack.owner.generations.cancel(id)
    assert.equal((await stack.until(id, ended)).status, 'cancelled')
    const ms = await stack.cancelMs(id)
    assert.ok(ms < 1_000, `cancelled after ${ms} ms`)
    const next = await stack.until((await stack.turn('after it')).id, ended)
    assert.equal(next.status, 'succeeded', JSON.stringify(next.error))
  })

  test('does not hold up the end of the worker', async () => {
    const { id, pid } = await hanging()
    await stack.until(id, (row) => row.status === 'running')
    const start = Date.now()
    await worker.close()
    assert.ok(Date.now() - start < 2_000, `closed after ${Date.now() - start} ms`)
    assert.equal((await stack.generation(id)).status, 'queued')
    assert.equal(alive(pid), false)
  })
})

test('a process in the middle of native code does not outlive its killed worker', async () => {
  const main = fileURLToPath(new URL('worker-main.js', import.meta.url))
  const killed = fork(main, [JSON.stringify(stack.settings)])
  const [{ inferencePid }] = (await once(killed, 'message')) as [{ inferencePid: number }]
  // its only step takes many seconds
  const { id } = await stack.turn('a huge one', { parameters: { width: 1536, height: 1536, steps: 1 } })
  await stack.until(id, (row) => row.status === 'running')
  await delay(2_000)
  killed.kill('SIGKILL')
  await eventually('it has ended', () => !alive(inferencePid), 5_000)
})
