import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll } from '@jest/globals'
import { testUnless } from '@atelier/testing'
import { startWorker, type RunningWorker } from '../src/index.js'
import { openWorkerStack, type WorkerStack } from './worker-stack.js'

const skip = spawnSync('prlimit', ['--version']).status !== 0 && 'this machine has no prlimit to take memory away with'
let stack: WorkerStack
let worker: RunningWorker

beforeAll(async () => {
  stack = await openWorkerStack()
  await stack.model.edit((manifest) => ({ ...manifest, limits: { ...manifest.limits, maxFrameTokens: 65_536 } }))
  worker = await startWorker(stack.settings)
})
afterAll(async () => {
  await worker?.close()
  await stack?.close()
})

testUnless(skip)('memory that runs out fails that generation with its own code, and the next one is made', async () => {
  const ended = (row: { finishedAt: string | null }) => row.finishedAt !== null
  const pid = worker.inferencePid!
  const kilobytes = Number(/VmSize:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1])
  execFileSync('prlimit', ['--pid', String(pid), `--as=${(kilobytes + 512 * 1024) * 1024}`])
  const huge = await stack.turn('a huge one', { parameters: { width: 1536, height: 1536, steps: 1 } })
  const failed = await stack.until(huge.id, ended)
  assert.deepEqual([failed.status, failed.error?.code, failed.attempt], ['failed', 'model_out_of_memory', 1])
  const next = await stack.turn('a small one')
  assert.equal((await stack.until(next.id, ended)).status, 'succeeded')
  assert.notEqual(worker.inferencePid, pid)
})
