import assert from 'node:assert/strict'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from '@jest/globals'
import { encodePng, type GenerateRequest } from '@atelier/ace'
import { withCopy } from '@atelier/testing'
import { compareSteps } from '../src/parity/compare-steps.js'
import { fixture } from '../src/repository.js'

const tinyModel = fixture('tiny-model')
const textToImage: GenerateRequest = {
  instruction: 'a red circle on a blue background',
  frames: [],
  currentFrames: 0,
  width: 64,
  height: 64,
  steps: 4,
  guidanceScale: 4.5,
  guidanceRescale: 0.5,
  negativePrompt: '',
  keepUnmasked: false,
  seed: 7,
  cacheScope: 'somebody',
}

test('a model is no step away from itself, and its float16 a little', async () => {
  const frame = {
    image: await encodePng(new Uint8Array(64 * 64 * 3).fill(90), 64, 64),
    mask: null,
    maskMode: 'keep' as const,
    instruction: 'make {image} blue',
  }
  const request = { ...textToImage, frames: [frame], currentFrames: 1 }
  assert.deepEqual(await compareSteps(tinyModel, tinyModel, request, { threads: 1 }), [0, 0, 0, 0])
  const errors = await compareSteps(fixture('tiny-fp16'), tinyModel, request, { threads: 1 })
  assert.equal(errors.length, 4)
  for (const error of errors) assert.ok(error > 1e-5 && error < 2e-2, `error ${error}`)
})

test('steps are seen one by one in the graphs for CUDA, too', async () => {
  const request = { ...textToImage, guidanceInterval: [0, 0.5] as const }
  const options = { threads: 1, graphsOf: 'cuda' } as const
  assert.deepEqual(await compareSteps(tinyModel, tinyModel, request, options), [0, 0, 0, 0])
  const errors = await compareSteps(fixture('tiny-fp16'), tinyModel, request, options)
  assert.equal(errors.length, 4)
  // The latents of an untrained model grow, and what is rounded matters less and less.
  for (const error of errors) assert.ok(error > 1e-7 && error < 2e-2, `error ${error}`)
  await assert.rejects(compareSteps(fixture('converted-model'), tinyModel, request, options), /graphs for CUDA/)
})

test('another conditioner is another model', async () => {
  await withCopy(tinyModel, async (folder) => {
    await copyFile(join(fixture('converted-model'), 'conditioner.onnx'), join(folder, 'conditioner.onnx'))
    const errors = await compareSteps(folder, tinyModel, textToImage, { threads: 1 })
    for (const error of errors) assert.ok(error > 2e-2, `error ${error}`)
  })
})
