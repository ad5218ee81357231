import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { testUnless } from '@atelier/testing'
import { fileURLToPath } from 'node:url'
import { startWorker } from '../src/index.js'
import { openWorkerStack } from './worker-stack.js'

const embedded = fileURLToPath(new URL('../../../../models/ace-mini', import.meta.url))
const isThere = existsSync(join(embedded, 'manifest.json'))
const models: { name: string; directory?: string; skip: string | false }[] = [
  { name: 'tiny', skip: false },
  { name: 'ace-mini', directory: dirname(embedded), skip: isThere ? false : 'models/ace-mini is not there' },
]

for (const { name, directory, skip } of models) {
  testUnless(skip)(`the loop that holds the job stays free while ${name} works`, async () => {
    const stack = await openWorkerStack()
    const models = { directory: directory ?? stack.model.directory, defaultModel: name }
    const worker = await startWorker({ ...stack.settings, models }, { inference: { previewEveryMs: 0 } })
    const delay = monitorEventLoopDelay({ resolution: 5 })
    try {
      const { id } = await stack.turn('a red circle', { model: name, parameters: { steps: 20, guidanceScale: 4.5 } })
      delay.enable()
      const row = await stack.until(id, (g) => g.finishedAt !== null)
      delay.disable()
      assert.equal(row.status, 'succeeded', JSON.stringify(row.error))
      const largest = delay.max / 1e6
      assert.ok(delay.count > 10, `only ${delay.count} samples`)
      assert.ok(largest < 100, `the largest delay was ${largest.toFixed(1)} ms`)
    } finally {
      await worker.close()
      await stack.close()
    }
  })
}
