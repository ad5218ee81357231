import assert from 'node:assert/strict'
import { afterAll, beforeAll, beforeEach, test } from '@jest/globals'
import { createEncodingCache } from '../src/encoding-cache.js'
import {
  openModel,
  type AceModel,
  type ConditionFrame,
  type GenerateRequest,
  type OpenModelOptions,
} from '../src/index.js'
import { leftMask, plainPng, textToImage, tinyModel } from './fixtures.js'

const open = (options: OpenModelOptions = {}) => openModel(tinyModel, { threads: 1, ...options })

let model: AceModel
let frames: ConditionFrame[]
beforeAll(async () => {
  const instructions = ['a red square', 'make {image} blue', 'make {image1} green, and much lighter than it was']
  frames = []
  for (const [index, instruction] of instructions.entries())
    frames.push({ image: await plainPng(64, 64, `#${index}33`), mask: null, maskMode: 'keep', instruction })
})
beforeEach(async () => {
  await model?.close()
  model = await open()
})
afterAll(() => model.close())

/** The request of turn k: it edits picture k, with the turns before it as history. */
const turn = (count: number, changes: Partial<GenerateRequest> = {}): GenerateRequest => ({
  ...textToImage,
  frames: frames.slice(0, count),
  currentFrames: 1,
  instruction: frames[count - 1]!.instruction,
  ...changes,
})

test('a turn encodes its own instruction and image, and none of its history', async () => {
  // The first turn has the null text of the unconditional pass besides its own.
  assert.deepEqual((await model.generate(turn(1))).encoded, { texts: 2, images: 1 })
  assert.deepEqual((await model.generate(turn(2))).encoded, { texts: 1, images: 1 })
  assert.deepEqual((await model.generate(turn(3))).encoded, { texts: 1, images: 1 })
  assert.deepEqual((await model.generate(turn(3, { seed: 8 }))).encoded, { texts: 0, images: 0 })
})

test('warm and cold give the same pixels, in whichever order things were encoded', async () => {
  for (const count of [1, 2, 3]) await model.generate(turn(count))
  const warm = await model.generate(turn(3))
  const again = await model.generate(turn(3))
  const fresh = await open()
  const cold = await fresh.generate(turn(3))
  await fresh.close()
  assert.deepEqual(cold.encoded, { texts: 4, images: 3 })
  assert.deepEqual(cold.pixels, warm.pixels)
  assert.deepEqual(again.pixels, warm.pixels)
})

test('another scope has encoded nothing', async () => {
  await model.generate(turn(1))
  assert.deepEqual((await model.generate(turn(1, { cacheScope: 'somebody else' }))).encoded, { texts: 2, images: 1 })
})

test('texts are the same when they are cleaned to the same; masks and mask modes make another frame', async () => {
  await model.generate(turn(1))
  const spaced = await model.generate(turn(1, { instruction: ' a  red square' }))
  assert.deepEqual(spaced.encoded, { texts: 0, images: 0 })
  const masked = { ...frames[0]!, mask: await leftMask(64, 64, 32) }
  assert.equal((await model.generate(turn(1, { frames: [masked] }))).encoded.images, 1)
  assert.equal((await model.generate(turn(1, { frames: [{ ...masked, maskMode: 'erase' }] }))).encoded.images, 1)
  const other = { ...masked, mask: await leftMask(64, 64, 16) }
  assert.equal((await model.generate(turn(1, { frames: [other] }))).encoded.images, 1)
  assert.equal((await model.generate(turn(1, { frames: [masked] }))).encoded.images, 0)
})

test('what does not fit is encoded again', async () => {
  const small = await open({ cacheBytes: 0 })
  await small.generate(turn(1))
  const { encoded, pixels } = await small.generate(turn(1))
  await small.close()
  assert.equal(encoded.images, 1)
  assert.deepEqual(pixels, (await model.generate(turn(1))).pixels)
})

test('the bound holds; what was not used longest goes first', () => {
  // Texts may fill a quarter: 40 bytes, ten numbers.
  const { texts } = createEncodingCache(160)
  const segment = (length: number) => ({ data: new Float32Array(length), length })
  const lengths = () => ['a', 'b', 'c', 'd'].map((key) => texts.peek(key)?.length)
  texts.set('a', segment(4))
  texts.set('b', segment(4))
  assert.equal(texts.get('a')?.length, 4)
  texts.set('c', segment(4))
  assert.deepEqual([...lengths(), texts.calculatedSize], [4, undefined, 4, undefined, 32])
  texts.set('a', segment(6))
  assert.deepEqual([...lengths(), texts.calculatedSize], [6, undefined, 4, undefined, 40])
  texts.set('d', segment(11))
  assert.deepEqual([...lengths(), texts.calculatedSize], [6, undefined, 4, undefined, 40])
})
