import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, test } from '@jest/globals'
import { withCopy } from '@atelier/testing'
import sharp from 'sharp'
import {
  GenerateRequestError,
  GenerationAbortedError,
  MaskEmptyError,
  MaskOutsideError,
  MaskSizeError,
} from '../src/errors.js'
import { openModel, type AceModel, type ConditionFrame } from '../src/index.js'
import { golden, leftMask, plainPng, textToImage, tinyModel } from './fixtures.js'

let model: AceModel
beforeAll(async () => {
  model = await openModel(tinyModel, { threads: 1 })
})
afterAll(() => model.close())

const frame = (image: Uint8Array, more: Partial<ConditionFrame> = {}): ConditionFrame => ({
  image,
  mask: null,
  maskMode: 'keep',
  instruction: 'make {image} blue',
  ...more,
})
const pixelsOf = async (changes: Partial<typeof textToImage>) =>
  (await model.generate({ ...textToImage, ...changes })).pixels
const differ = (a: Uint8Array, b: Uint8Array) => assert.ok(Buffer.compare(a, b) !== 0)

test('the same seed gives the same picture, another seed or text another one', async () => {
  const first = await model.generate(textToImage)
  assert.deepEqual([first.width, first.height, first.pixels.length], [64, 64, 64 * 64 * 3])
  assert.deepEqual(await pixelsOf({}), first.pixels)
  differ(await pixelsOf({ seed: 8 }), first.pixels)
  differ(await pixelsOf({ instruction: 'a small yellow star' }), first.pixels)
  differ(await pixelsOf({ negativePrompt: 'a small yellow star' }), first.pixels)
  for (const time of Object.values(first.timings)) assert.ok(time > 0)
})

test('progress counts every step; the preview is a picture at latent size', async () => {
  const seen: number[] = []
  await model.generate(
    { ...textToImage, width: 96, height: 32 },
    {
      async onProgress({ step, steps, preview }) {
        seen.push(step)
        assert.equal(steps, 4)
        const { format, width, height } = await sharp(await preview()).metadata()
        assert.deepEqual([format, width, height], ['png', 12, 4])
      },
    },
  )
  assert.deepEqual(seen, [1, 2, 3, 4])
})

test('an abort stops before the next step, and before anything when it came first', async () => {
  const abort = new AbortController()
  let steps = 0
  const running = model.generate(textToImage, {
    signal: abort.signal,
    onProgress: () => {
      if (++steps === 2) abort.abort()
    },
  })
  await assert.rejects(running, (error) => error instanceof GenerationAbortedError && error.stage === 'step 3')
  assert.equal(steps, 2)
  await assert.rejects(model.generate(textToImage, { signal: AbortSignal.abort() }), GenerationAbortedError)
})

test('messages come in between the steps', async () => {
  const abort = new AbortController()
  setImmediate(() => setImmediate(() => abort.abort()))
  await assert.rejects(model.generate({ ...textToImage, steps: 50 }, { signal: abort.signal }), GenerationAbortedError)
})

test('the target takes the size of the current turn’s first image, the requested size without one', async () => {
  const [photo, square] = [await golden('resize_source_131x97.png'), await plainPng(64, 64)]
  const frames = [frame(square, { instruction: 'a red square' }), frame(photo), frame(square)]
  const edit = await model.generate({ ...textToImage, frames, currentFrames: 2 })
  assert.deepEqual([edit.width, edit.height], [128, 96])
  const history = await model.generate({ ...textToImage, frames, currentFrames: 0, width: 32, height: 64 })
  assert.deepEqual([history.width, history.height], [32, 64])
})

test('history, its texts, masks and mask modes all reach the model', async () => {
  const [red, blue, mask] = [await plainPng(64, 64), await plainPng(48, 80, '#33c'), await leftMask(64, 64, 32)]
  const edit = { frames: [frame(red)], currentFrames: 1 }
  const plain = await pixelsOf(edit)
  differ(await pixelsOf({ frames: [frame(blue), frame(red)], currentFrames: 1 }), plain)
  const withHistory = await pixelsOf({ frames: [frame(blue, { instruction: 'one' }), frame(red)], currentFrames: 1 })
  differ(
    await pixelsOf({ frames: [frame(blue, { instruction: 'two circles' }), frame(red)], currentFrames: 1 }),
    withHistory,
  )
  const kept = await pixelsOf({ ...edit, frames: [frame(red, { mask })] })
  differ(kept, plain)
  differ(await pixelsOf({ ...edit, frames: [frame(red, { mask, maskMode: 'erase' })] }), kept)
})

test('guidance 1 runs one pass and looks at no negative prompt', async () => {
  const single = await pixelsOf({ guidanceScale: 1 })
  assert.deepEqual(await pixelsOf({ guidanceScale: 1, negativePrompt: 'a star' }), single)
  const almost = await pixelsOf({ guidanceScale: 1 + 1e-9 })
  assert.ok(single.every((value, index) => Math.abs(value - almost[index]!) <= 1))
})

test('the defaults are ddim, guided at every step; dpm++2m gives another picture', async () => {
  const plain = await pixelsOf({})
  assert.deepEqual(await pixelsOf({ sampler: 'ddim', guidanceInterval: [0, 1] }), plain)
  assert.deepEqual(await pixelsOf({ guidanceInterval: null }), plain)
  differ(await pixelsOf({ sampler: 'dpm++2m' }), plain)
  assert.deepEqual(await pixelsOf({ sampler: 'dpm++2m', steps: 1 }), await pixelsOf({ steps: 1 }))
})

test('guidance in an interval: another picture; without a step in it, that of guidance 1', async () => {
  const edit = { frames: [frame(await plainPng(64, 64))], currentFrames: 1, negativePrompt: 'a small yellow star' }
  differ(await pixelsOf({ ...edit, guidanceInterval: [0, 0.5] }), await pixelsOf(edit))
  const unguided = await pixelsOf({ ...edit, guidanceInterval: [0.2, 0.3] })
  const single = await pixelsOf({ ...edit, guidanceScale: 1 })
  assert.ok(unguided.every((value, index) => Math.abs(value - single[index]!) <= 1))
})

test('history shared by steps: another picture, the same without history; fast is what the manifest says', async () => {
  const edit = { frames: [frame(await plainPng(64, 64))], currentFrames: 1 }
  const plain = await pixelsOf(edit)
  assert.deepEqual(await pixelsOf({ ...edit, speed: 'exact' }), plain)
  const shared = await pixelsOf({ ...edit, historyRefresh: 2 })
  differ(shared, plain)
  assert.deepEqual(await pixelsOf({ historyRefresh: 2 }), await pixelsOf({}))
  await withCopy(tinyModel, async (folder) => {
    await writeFile(join(folder, 'manifest.json'), JSON.stringify({ ...model.manifest, fast: { historyRefresh: 2 } }))
    const quick = await openModel(folder, { threads: 1 })
    try {
      assert.deepEqual((await quick.generate({ ...textToImage, ...edit, speed: 'fast' })).pixels, shared)
      assert.deepEqual((await quick.generate({ ...textToImage, ...edit })).pixels, plain)
    } finally {
      await quick.close()
    }
  })
})

test('nine frames are the most', async () => {
  const small = frame(await plainPng(16, 16))
  const nine = Array.from({ length: 9 }, () => small)
  assert.equal((await model.generate({ ...textToImage, steps: 1, frames: nine, currentFrames: 9 })).width, 16)
  await assert.rejects(
    model.generate({ ...textToImage, frames: [...nine, small], currentFrames: 1 }),
    GenerateRequestError,
  )
})

test('what the model cannot do is refused by the name of the field', async () => {
  const wrong: [string, Partial<typeof textToImage>][] = [
    ['steps', { steps: 0 }],
    ['steps', { steps: 1.5 }],
    ['steps', { steps: 51 }],
    ['guidanceScale', { guidanceScale: 0.5 }],
    ['guidanceScale', { guidanceScale: NaN }],
    ['guidanceRescale', { guidanceRescale: 1.1 }],
    ['sampler', { sampler: 'euler' as 'ddim' }],
    ['guidanceInterval', { guidanceInterval: [0.5, 0.5] }],
    ['guidanceInterval', { guidanceInterval: [-0.1, 1] }],
    ['guidanceInterval', { guidanceInterval: [0, NaN] }],
    ['historyRefresh', { historyRefresh: 0 }],
    ['stepCache', { stepCache: 1.5 }],
    ['speed', { speed: 'fast' }],
    ['seed', { seed: -1 }],
    ['seed', { seed: 2 ** 32 }],
    ['currentFrames', { currentFrames: 1 }],
    ['width', { width: 72 }],
    ['height', { height: 16 }],
    ['width', { width: 144, height: 128 }],
    ['width', { width: 32, height: 160 }],
  ]
  for (const [field, changes] of wrong) {
    await assert.rejects(
      pixelsOf(changes),
      (error) => error instanceof GenerateRequestError && error.field === field,
      JSON.stringify(changes),
    )
  }
})

test('a mask of another size is refused, and so is one without a mark, except in the history', async () => {
  const withMask = async (mask: Uint8Array, currentFrames = 1) =>
    pixelsOf({ frames: [frame(await plainPng(64, 64), { mask })], currentFrames })
  await assert.rejects(withMask(await plainPng(32, 64)), MaskSizeError)
  const black = await plainPng(64, 64, '#000')
  assert.ok(await withMask(black, 0))
  await assert.rejects(withMask(black), (error) => error instanceof MaskEmptyError && error.code === 'mask_empty')
})

test('a mask whose marks are cut off with the ends of too long an image is not called empty', async () => {
  const image = frame(await plainPng(480, 96), { mask: await leftMask(480, 96, 40) })
  await assert.rejects(
    pixelsOf({ frames: [image], currentFrames: 1 }),
    (error) => error instanceof MaskOutsideError && error.code === 'image_too_elongated',
  )
})
