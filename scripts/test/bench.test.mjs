import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ownStepMs } from '../bench/own-step-ms.mjs'

describe('what npm run bench:model measures besides the graphs', () => {
  for (const batch of [1, 2])
    it(`the sampling loop of packages/ace with a batch of ${batch}`, async () => {
      const ms = await ownStepMs({ frames: 2, side: 4, batch, channels: 8, patch: 2 })
      assert.ok(ms > 0 && ms < 1000, `${ms} ms`)
    })
})
