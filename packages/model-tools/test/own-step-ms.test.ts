import assert from 'node:assert/strict'
import { test } from '@jest/globals'
import { ownStepMs } from '../src/bench/own-step-ms.js'

for (const batch of [1, 2])
  test(`a step of the sampling loop is timed without its graph, with a batch of ${batch}`, async () => {
    const ms = await ownStepMs({ frames: 2, side: 4, batch, channels: 8, patch: 2 })
    assert.ok(ms > 0 && ms < 1000, `${ms} ms`)
  })
