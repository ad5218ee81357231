import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { eventually, freePort, promtool, testUnless } from '@atelier/testing'
import { startWorker, type RunningWorker } from '../src/index.js'
import { openWorkerStack, type WorkerStack } from './worker-stack.js'

const { missing, checkMetrics } = promtool()
const documentation = new URL('../../../../docs/metrics.md', import.meta.url)

describe('the metrics of a worker', () => {
  let stack: WorkerStack
  let worker: RunningWorker
  let text: string
  beforeAll(async () => {
    stack = await openWorkerStack()
    const port = await freePort()
    worker = await startWorker({ ...stack.settings, metrics: { host: '127.0.0.1', port } })
    const { id } = await stack.turn('a red circle')
    await stack.until(id, ({ finishedAt }) => finishedAt !== null)
    const read = async (path: string) => fetch(`http://127.0.0.1:${port}${path}`)
    assert.equal((await read('/')).status, 404)
    // it counts an end when it hears that the end is written
    text = await eventually('the attempt is counted', async () => {
      const page = await (await read('/metrics')).text()
      return page.includes('result="succeeded"') && page
    })
  })
  afterAll(async () => {
    await worker?.close()
    await stack?.close()
  })

  it('count attempts, and time their stages', () => {
    for (const line of [
      'atelier_generation_attempts_total{model="tiny",result="succeeded"} 1',
      'atelier_generation_wait_seconds_count{model="tiny",priority="interactive"} 1',
      'atelier_generation_run_seconds_count{model="tiny"} 1',
      'atelier_generation_stage_seconds_count{model="tiny",stage="denoise"} 1',
      'atelier_object_store_call_duration_seconds_count{operation="put",result="ok"} 2',
    ])
      expect(text).toContain(`${line}\n`)
    const steps = Number(/^atelier_generation_step_seconds_count\{model="tiny"\} (\d+)$/m.exec(text)?.[1])
    assert.ok(steps > 0, `${steps} steps`)
    if (process.platform === 'linux') assert.match(text, /^atelier_inference_resident_memory_bytes \d{7,}$/m)
  })

  it('are those that the documentation lists', async () => {
    const section = (await readFile(documentation, 'utf8')).split('## Of a worker')[1]!
    const listed = [...section.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name!)
    const made = [...text.matchAll(/^# TYPE (atelier_\w+)/gm)].map(([, name]) => name!)
    assert.deepEqual(listed.sort(), made.sort())
  })

  testUnless(missing)('satisfy promtool', async () => assert.equal(await checkMetrics(text), ''))
})
