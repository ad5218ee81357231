import assert from 'node:assert/strict'
import { test } from '@jest/globals'
import { openModel, type GenerateRequest, type GraphRun } from '@atelier/ace'
import { readManifest } from '@atelier/contracts/model-folder'
import { drawRequests } from '../src/check-cuda/draw-requests.js'
import { aceManifest } from '../src/estimate/ace-manifest.js'
import { countTraffic } from '../src/estimate/count-traffic.js'
import { fixture } from '../src/repository.js'

const megabyte = 1e6

test('a step of ACE-0.6B moves at most 1 MB at one frame and 6 MB at six', async () => {
  const manifest = await aceManifest()
  const draw = await drawRequests(512, manifest.defaults)
  for (const [history, limit, runs] of [
    [0, 1, { textEncoder: 2, textProjector: 1, sampler: 5, vaeDecoder: 1 }],
    [5, 6, { textEncoder: 7, vaeEncoder: 5, textProjector: 1, sampler: 5, vaeDecoder: 1 }],
  ] as const) {
    const request = { ...draw(history, 1), steps: 20, negativePrompt: 'blurred', guidanceInterval: null }
    request.frames = request.frames.map((frame, index) => ({ ...frame, instruction: `turn ${index}` }))
    const traffic = await countTraffic(manifest, request, 120)
    assert.deepEqual(traffic.runs, runs)
    const perStep = (traffic.bytesIn + traffic.bytesOut) / 20 / megabyte
    assert.ok(perStep <= limit && perStep > limit / 10, `${perStep} MB a step with ${history} frames of history`)
  }
})

test('what is counted without weights is what a real folder moves', async () => {
  const folder = fixture('tiny-fp16')
  const manifest = await readManifest(folder)
  const draw = await drawRequests(64, manifest.defaults)
  const measured = { bytesIn: 0, bytesOut: 0 }
  const tokens: number[] = []
  const onRun = ({ graph, bytesIn, bytesOut }: GraphRun): void => {
    measured.bytesIn += bytesIn
    measured.bytesOut += bytesOut
    if (graph === 'textEncoder') tokens.push(bytesOut / 4 / manifest.dit.textWidth)
  }
  const model = await openModel(folder, { threads: 1, graphsOf: 'cuda', onRun })
  try {
    // One text everywhere, so that all have as many tokens.
    const request: GenerateRequest = {
      ...draw(2, 1),
      steps: 6,
      instruction: 'make it red',
      negativePrompt: 'make it red',
    }
    request.frames = request.frames.map((frame) => ({ ...frame, instruction: 'make it red' }))
    await model.generate(request)
    const { bytesIn, bytesOut } = await countTraffic(manifest, request, tokens[0]!)
    assert.deepEqual(measured, { bytesIn, bytesOut })
  } finally {
    await model.close()
  }
})
