import assert from 'node:assert/strict'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, test } from '@jest/globals'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { eventually } from '@atelier/testing'
import { roomy } from './model-copy.js'
import { openWorkerStack, type WorkerStack } from './worker-stack.js'

interface Started {
  worker: ChildProcess
  inferencePid: number
}

let stack: WorkerStack
let first: Started
const workers = new Set<ChildProcess>()

beforeAll(async () => {
  stack = await openWorkerStack()
  await stack.model.edit(roomy)
  first = await start()
})
afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL')
  await stack?.close()
})

async function start(): Promise<Started> {
  const worker = fork(fileURLToPath(new URL('worker-main.js', import.meta.url)), [JSON.stringify(stack.settings)])
  workers.add(worker)
  worker.once('exit', () => workers.delete(worker))
  const [{ inferencePid }] = (await once(worker, 'message')) as [{ inferencePid: number }]
  return { worker, inferencePid }
}
const ended = (row: { finishedAt: string | null }) => row.finishedAt !== null
const alive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
async function longOne(): Promise<string> {
  const { id } = await stack.turn('a long one', { parameters: { width: 256, height: 256, steps: 200 } })
  await stack.until(id, (row) => row.step >= 2)
  return id
}

describe('a worker process', () => {
  test('is killed: another one makes the picture, and its inference process does not outlive it', async () => {
    const { worker, inferencePid } = first
    const id = await longOne()
    worker.kill('SIGKILL')
    first = await start()
    const row = await stack.until(id, ended)
    assert.deepEqual([row.status, row.attempt, row.images.length], ['succeeded', 2, 1], JSON.stringify(row.error))
    // A process that lost its parent notices a moment later.
    await eventually('the inference process has ended', () => !alive(inferencePid), 5_000)
  })

  test('is stopped for longer than its lock: when it goes on, it can write nothing', async () => {
    const id = await longOne()
    first.worker.kill('SIGSTOP')
    const second = await start()
    await stack.until(id, (row) => row.attempt === 2)
    first.worker.kill('SIGCONT')
    const row = await stack.until(id, ended)
    const events = await stack.owner.events.list(stack.sessionId, { afterSeq: 0 })
    await delay(1000)
    assert.deepEqual([row.status, row.attempt, row.images.length], ['succeeded', 2, 1], JSON.stringify(row.error))
    assert.deepEqual(await stack.generation(id), row)
    assert.deepEqual(await stack.owner.events.list(stack.sessionId, { afterSeq: 0 }), events)
    const next = await stack.turn('after it')
    assert.equal((await stack.until(next.id, ended)).status, 'succeeded')
    second.worker.kill('SIGKILL')
  })

  test('is asked to end: it does, and so does its inference process', async () => {
    first.worker.kill('SIGTERM')
    assert.deepEqual(await once(first.worker, 'exit'), [0, null])
    assert.equal(alive(first.inferencePid), false)
  })
})
