import assert from 'node:assert/strict'
import { test } from '@jest/globals'
import { newId, type LcuUnit, type Parameters } from '@atelier/contracts'
import type { ClaimedGeneration } from '@atelier/database'
import { generateRequest } from '../src/generation/generate-request.js'

const [first, second, mask] = [newId('image'), newId('image'), newId('image')]
const parameters: Parameters = {
  width: 64,
  height: 96,
  steps: 4,
  guidanceScale: 4.5,
  guidanceRescale: 0.5,
  negativePrompt: 'blur',
  sampler: 'ddim',
  guidanceInterval: null,
  speed: 'exact',
  keepUnmasked: true,
}

const claim = (lcu: ClaimedGeneration['lcu']): ClaimedGeneration => ({
  id: newId('generation'),
  turnId: newId('turn'),
  sessionId: newId('session'),
  ownerId: newId('owner'),
  priority: 'interactive',
  waitSeconds: 0,
  requestId: null,
  traceParent: null,
  attempt: 1,
  seed: 4_294_967_295,
  model: 'tiny',
  parameters,
  lcu,
  images: {},
  cancelRequested: false,
  suspect: false,
  repeats: null,
})
const unit = (instruction: string, ...images: LcuUnit['images']): LcuUnit => ({
  turnId: newId('turn'),
  instruction,
  images,
})
const bytes = (n: number) => new Uint8Array([n])
const pictures = new Map([
  [first, bytes(1)],
  [second, bytes(2)],
  [mask, bytes(3)],
])

test('frames are the images of all units, oldest first, each with the text of its own unit', () => {
  const claimed = claim([
    unit('make {image} red', { imageId: first, maskId: null, maskMode: 'keep', indicator: '{image}' }),
    unit('now {image1} blue', { imageId: second, maskId: mask, maskMode: 'erase', indicator: '{image1}' }),
  ])
  const request = generateRequest(claimed, pictures)
  assert.deepEqual(request, {
    ...parameters,
    seed: 4_294_967_295,
    instruction: 'now {image1} blue',
    currentFrames: 1,
    cacheScope: claimed.ownerId,
    frames: [
      { image: bytes(1), mask: null, maskMode: 'keep', instruction: 'make {image} red' },
      { image: bytes(2), mask: bytes(3), maskMode: 'erase', instruction: 'now {image1} blue' },
    ],
  })
})

test('a turn without images has no frame', () => {
  const request = generateRequest(claim([unit('a red circle')]), pictures)
  assert.deepEqual([request.frames, request.currentFrames], [[], 0])
})

test('a picture that was not fetched is named', () => {
  const imageId = newId('image')
  const lcu = [unit('x', { imageId, maskId: null, maskMode: 'keep', indicator: '{image}' })]
  assert.throws(() => generateRequest(claim(lcu), pictures), new RegExp(imageId))
})
