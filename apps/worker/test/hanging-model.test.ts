import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, test } from '@jest/globals'
import { fileURLToPath } from 'node:url'
import { eventually, startStopwatch } from '@atelier/testing'
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
/** Stops the next process of the model in the moment in which there is one: before it has opened anything. */
async function stopNext(old: number | undefined): Promise<number> {
  for (const end = performance.now() + 60_000; performance.now() < end;) {
    const pid = worker.inferencePid
    if (pid !== undefined && pid !== old) return (process.kill(pid, 'SIGSTOP'), pid)
    await new Promise(setImmediate)
  }
  throw new Error('no process of the model within a minute')
}
/** A generation whose model hangs while it is opened. */
async function hanging(): Promise<{ id: string; pid: number }> {
  const old = worker.inferencePid
  if (old) process.kill(old, 'SIGKILL')
  const [pid, { id }] = await Promise.all([stopNext(old), stack.turn('a picture')])
  return { id, pid }
}

describe('a model that hangs while it opens', () => {
  test('is ended in time, and the generation made by a fresh process', async () => {
    const { id, pid } = await hanging()
    const watch = startStopwatch()
    const row = await stack.until(id, ended)
    assert.deepEqual([row.status, row.attempt], ['succeeded', 2], JSON.stringify(row.error))
    const ms = watch.stop()
    assert.ok(ms < openingFloorMs + 20_000, `made after ${ms} ms`)
    assert.equal(alive(pid), false)
  })

  test('does not hold up a cancellation, and the worker makes the next one', async () => {
    const { id } = await hanging()
    await stack.until(id, (row) => row.status === 'running')
    const ms = await stack.cancelMs(id)
    assert.equal((await stack.generation(id)).status, 'cancelled')
    assert.ok(ms < 1_000, `cancelled after ${ms} ms`)
    const next = await stack.until((await stack.turn('after it')).id, ended)
    assert.equal(next.status, 'succeeded', JSON.stringify(next.error))
  })

  test('does not hold up the end of the worker', async () => {
    const { id, pid } = await hanging()
    await stack.until(id, (row) => row.status === 'running')
    const watch = startStopwatch()
    await worker.close()
    const ms = watch.stop()
    assert.ok(ms < 2_000, `closed after ${ms} ms`)
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
