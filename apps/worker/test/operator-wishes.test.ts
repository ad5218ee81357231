import assert from 'node:assert/strict'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, test } from '@jest/globals'
import { fileURLToPath } from 'node:url'
import type { Worker } from '@atelier/contracts'
import { eventually, startStopwatch } from '@atelier/testing'
import { roomy } from './model-copy.js'
import { openWorkerStack, type WorkerStack } from './worker-stack.js'

let stack: WorkerStack
const workers = new Set<ChildProcess>()

beforeAll(async () => {
  stack = await openWorkerStack()
  await stack.model.edit(roomy)
})
afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL')
  await stack?.close()
})

async function start(): Promise<{ worker: ChildProcess; inferencePid: number }> {
  const worker = fork(fileURLToPath(new URL('worker-main.js', import.meta.url)), [JSON.stringify(stack.settings)])
  workers.add(worker)
  worker.once('exit', () => workers.delete(worker))
  const [{ inferencePid }] = (await once(worker, 'message')) as [{ inferencePid: number }]
  return { worker, inferencePid }
}
/** The only worker, once it fits. */
const shown = (what: string, fits: (worker: Worker) => boolean): Promise<Worker> =>
  eventually(
    what,
    async () => {
      const [worker] = await stack.database.admin.workers(30)
      return worker !== undefined && fits(worker) && worker
    },
    60_000,
  )
const ended = (row: { finishedAt: string | null }) => row.finishedAt !== null
const long = { parameters: { width: 256, height: 256, steps: 60 } }
/** A worker acts within one heartbeat, 5 s; the rest is for a machine with much else to do. */
const heartbeatMs = 5_000

describe('a worker process hears what operators want', () => {
  let worker: ChildProcess
  let inferencePid: number
  let id: string

  test('tells its version, its memory and the step that it makes', async () => {
    ;({ worker, inferencePid } = await start())
    const idle = await shown('it is ready', ({ state }) => state === 'ready')
    id = idle.id
    assert.match(idle.version!, /^\d+\.\d+\.\d+/)
    assert.ok(idle.memoryBytes! > 50e6)
    // so long that it still runs when it is looked at
    const generation = await stack.turn('a long one', { parameters: { width: 256, height: 256, steps: 1000 } })
    const steps = ({ state, generation: shown }: Worker) => state === 'busy' && shown !== null && shown.step > 1
    const busy = await shown('it steps', steps)
    assert.deepEqual([busy.generation!.id, busy.generation!.steps], [generation.id, 1000])
    await stack.owner.generations.cancel(generation.id)
    await stack.until(generation.id, ended)
  })

  test('drain: it ends its generation, takes no other, and takes some again when it is undrained', async () => {
    const running = await stack.turn('the one that runs', long)
    await stack.until(running.id, (row) => row.step >= 1)
    const watch = startStopwatch()
    await stack.database.admin.wish(id, { drain: true })
    await shown('it drains', ({ state }) => state === 'draining' || state === 'drained')
    const ms = watch.stop()
    assert.ok(ms < heartbeatMs + 3_000, `${ms} ms`)
    const waiting = await stack.turn('the one that waits')
    const made = await stack.until(running.id, ended)
    assert.deepEqual([made.status, made.attempt], ['succeeded', 1])
    await shown('it is drained', ({ state, generation }) => state === 'drained' && generation === null)
    // two heartbeats later it still is
    const { lastSeenAt } = await shown('it is drained', () => true)
    await shown('it reports', (now) => Date.parse(now.lastSeenAt) - Date.parse(lastSeenAt) > 1.5 * heartbeatMs)
    assert.deepEqual(
      [(await stack.generation(waiting.id)).status, (await stack.queue.counts()).paused],
      ['queued', false],
    )
    await stack.database.admin.wish(id, { drain: false })
    assert.equal((await stack.until(waiting.id, ended)).status, 'succeeded')
    await shown('it is ready', ({ state }) => state === 'ready')
  })

  test('restart: the model gets a new process, and what ran is made again without a lost attempt', async () => {
    // so that it still runs when the worker hears of the wish
    process.kill(inferencePid, 'SIGSTOP')
    const generation = await stack.turn('interrupted', long)
    const before = await shown('it is busy', (now) => now.generation?.id === generation.id)
    const wished = await stack.database.admin.wish(id, 'restart')
    assert.equal(wished!.restarting, true)
    await shown('it has restarted', ({ restarting }) => !restarting)
    const row = await stack.until(generation.id, ended)
    assert.deepEqual([row.status, row.attempt], ['succeeded', 2], JSON.stringify(row.error))
    const story = (await stack.database.admin.story(generation.id))!
    assert.deepEqual(
      story.attempts.map(({ outcome, workerId }) => [outcome, workerId]),
      [
        ['released', id],
        ['succeeded', id],
      ],
    )
    assert.equal(story.generation.lostAttempts, 0)
    const after = await shown('it is ready', ({ state }) => state === 'ready')
    assert.deepEqual([after.id, after.pid, after.unhealthyReason], [id, before.pid, null])
  })

  test('the wish outlives a worker that is cut off for a while, but not the worker', async () => {
    await stack.database.admin.wish(id, { drain: true })
    await shown('it is drained', ({ state }) => state === 'drained')
    worker.kill('SIGSTOP')
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    worker.kill('SIGCONT')
    const { lastSeenAt } = await shown('it is drained', () => true)
    assert.equal((await shown('it reports', (now) => now.lastSeenAt > lastSeenAt)).state, 'drained')
    worker.kill('SIGTERM')
    assert.deepEqual(await once(worker, 'exit'), [0, null])
    assert.deepEqual(await stack.database.admin.workers(30), [])
    ;({ worker } = await start())
    const fresh = await shown('another is ready', ({ state }) => state === 'ready')
    assert.notEqual(fresh.id, id)
    assert.equal(fresh.drain, false)
  })
})
