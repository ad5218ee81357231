import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll } from '@jest/globals'
import { createLogger } from '@atelier/service'
import { testUnless } from '@atelier/testing'
import { startWorker, type RunningWorker } from '../src/index.js'
import { openWorkerStack, type WorkerStack } from './worker-stack.js'

const skip = spawnSync('prlimit', ['--version']).status !== 0 && 'this machine has no prlimit to take memory away with'
let stack: WorkerStack
let worker: RunningWorker
/** Lines of its log. */
const lines: string[] = []

beforeAll(async () => {
  stack = await openWorkerStack()
  await stack.model.edit((manifest) => ({ ...manifest, limits: { ...manifest.limits, maxFrameTokens: 65_536 } }))
  worker = await startWorker(stack.settings, {
    log: createLogger('worker', 'error', { write: (line) => lines.push(line) }),
  })
})
afterAll(async () => {
  await worker?.close()
  await stack?.close()
})

testUnless(skip)('a generation for which the memory runs out is made by a fresh process', async () => {
  const ended = (row: { finishedAt: string | null }) => row.finishedAt !== null
  const pid = worker.inferencePid!
  const kilobytes = Number(/VmSize:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1])
  execFileSync('prlimit', ['--pid', String(pid), `--as=${(kilobytes + 128 * 1024) * 1024}`])
  const { id } = await stack.turn('a huge one', { parameters: { width: 1024, height: 1024, steps: 1 } })
  const row = await stack.until(id, ended)
  assert.deepEqual([row.status, row.attempt], ['succeeded', 2], JSON.stringify(row.error))
  assert.match(lines.join(), /model_out_of_memory/)
  assert.notEqual(worker.inferencePid, pid)
})
