import assert from 'node:assert/strict'
import { test } from '@jest/globals'
import { readManifest } from '@atelier/contracts/model-folder'
import { benchGenerations } from '../src/bench/bench-generations.js'
import { fixture } from '../src/repository.js'

const model = fixture('tiny-model')

test('whole generations are timed with the defaults of a model, with and without history', async () => {
  const rows = await benchGenerations({ model, history: [0, 2], runs: 1, device: 'cpu', threads: 1 })
  const { defaults } = await readManifest(model)
  assert.deepEqual(
    rows.map(({ history, steps }) => [history, steps]),
    [
      [0, defaults.steps],
      [2, defaults.steps],
    ],
  )
  for (const { totalMs, graphsMs, overhead } of rows)
    assert.ok(graphsMs > 0 && totalMs > graphsMs && overhead > 0 && overhead < 1)
})
