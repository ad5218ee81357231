import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { testUnless, watchEventLoop } from '@atelier/testing'
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
    try {
      const { id } = await stack.turn('a red circle', { model: name, parameters: { steps: 20, guidanceScale: 4.5 } })
      const loop = watchEventLoop()
      const row = await stack.until(id, (g) => g.finishedAt !== null)
      const { samples, worstMs } = loop.stop()
      assert.equal(row.status, 'succeeded', JSON.stringify(row.error))
      assert.ok(samples > 10, `only ${samples} samples`)
      assert.ok(worstMs < 100, `the loop was held for ${worstMs.toFixed(1)} ms`)
    } finally {
      await worker.close()
      await stack.close()
    }
  })
}
