import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from '@jest/globals'
import { withCopy } from '@atelier/testing'
import { GraphError } from '../src/errors.js'
import { openModel, verifyModelFolder } from '../src/index.js'
import { fixture, plainPng, textToImage } from './fixtures.js'

/** What `convert` makes of a tiny checkpoint of the published layout: the text encoder in 4 bits, weights beside it. */
const converted = fixture('converted-model')

test('a converted folder draws, and its 4-bit text encoder tells texts apart', async () => {
  const manifest = await verifyModelFolder(converted)
  assert.ok(manifest.files.some(({ path }) => path === 'text_encoder.onnx.data'))
  const model = await openModel(converted, { threads: 1 })
  try {
    const draw = async (instruction: string) => (await model.generate({ ...textToImage, instruction, steps: 2 })).pixels
    const circle = await draw('a red circle on a blue background')
    assert.equal(circle.length, 64 * 64 * 3)
    assert.ok(new Set(circle).size > 50)
    assert.deepEqual(await draw('a red circle on a blue background'), circle)
    assert.notDeepEqual(await draw('a small yellow star'), circle)
    const image = await plainPng(64, 64)
    const frame = { image, mask: null, maskMode: 'keep' as const, instruction: 'make {image} blue' }
    const edited = await model.generate({ ...textToImage, frames: [frame], currentFrames: 1, steps: 2 })
    assert.notDeepEqual(edited.pixels, circle)
  } finally {
    await model.close()
  }
})

test('without the weights beside it, a graph does not open, and the check of the folder names the file', async () => {
  await withCopy(converted, async (folder) => {
    await rm(join(folder, 'text_encoder.onnx.data'))
    await assert.rejects(verifyModelFolder(folder), /text_encoder\.onnx\.data.*is missing/)
    await assert.rejects(openModel(folder), GraphError)
  })
})
