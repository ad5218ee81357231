import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { readManifest } from '../../packages/ace/dist/src/index.js'
import { benchGenerations } from '../bench/bench-generations.mjs'
import { root } from '../run-command.mjs'

const model = join(root, 'packages/ace/test/fixtures/tiny-model')

describe('the bench of generations', () => {
  it('times pictures with the defaults of a model, with and without history', async () => {
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
})
