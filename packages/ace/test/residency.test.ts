import assert from 'node:assert/strict'
import { test } from '@jest/globals'
import { openModel, type GraphOpening, type GraphRun } from '../src/index.js'
import { modelGraphs } from '../src/model-folder/model-graphs.js'
import { readManifest } from '@atelier/contracts/model-folder'
import { plainPng, textToImage, tinyModel } from './fixtures.js'

const edit = async () => ({
  ...textToImage,
  frames: [{ image: await plainPng(64, 64), mask: null, maskMode: 'keep' as const, instruction: 'make {image} blue' }],
  currentFrames: 1,
})

test('a part that does not stay is released after its use and opened again for the next one', async () => {
  const manifest = await readManifest(tinyModel)
  const options = { device: 'cpu', threads: 1, resident: ['denoiser'] } as const
  const { vaeDecoder, denoiser } = modelGraphs(tinyModel, manifest, options)
  const latent = { data: new Float32Array(64).fill(0.5), dims: [1, 4, 4, 4] }
  const first = await vaeDecoder.run({ latent })
  assert.equal(vaeDecoder.open, true)
  await vaeDecoder.release()
  assert.equal(vaeDecoder.open, false)
  assert.deepEqual(await vaeDecoder.run({ latent }), first)
  await vaeDecoder.close()
  await denoiser.load()
  await denoiser.release()
  assert.equal(denoiser.open, true)
  await denoiser.close()
})

test('pictures are the same whatever stays in memory, and each part is opened as often as its setting says', async () => {
  const opened: string[] = []
  const onOpening = ({ graph, ms }: GraphOpening): void => void (ms === null || opened.push(graph))
  const all = await openModel(tinyModel, { threads: 1 })
  const request = await edit()
  const { pixels } = await all.generate(request)
  await all.close()
  const model = await openModel(tinyModel, { threads: 1, resident: ['denoiser'], onOpening })
  assert.deepEqual(opened.splice(0), ['conditioner', 'denoiser'])
  assert.deepEqual((await model.generate(request)).pixels, pixels)
  assert.deepEqual(opened.splice(0), ['textEncoder', 'vaeEncoder', 'vaeDecoder'])
  // What was encoded before needs no encoder.
  assert.deepEqual((await model.generate(request)).pixels, pixels)
  assert.deepEqual(opened.splice(0), ['vaeDecoder'])
  await model.close()
  const none = await openModel(tinyModel, { threads: 1, resident: [], onOpening })
  assert.deepEqual(opened.splice(0), ['conditioner'])
  assert.deepEqual((await none.generate(request)).pixels, pixels)
  assert.deepEqual(opened.splice(0), ['textEncoder', 'vaeEncoder', 'conditioner', 'denoiser', 'vaeDecoder'])
  await none.close()
})

test('opening is told of before and after each part, with its bytes and the share that is open', async () => {
  const seen: GraphOpening[] = []
  await (await openModel(tinyModel, { threads: 1, onOpening: (opening) => seen.push(opening) })).close()
  const { files, graphs } = await readManifest(tinyModel)
  const bytes = Object.values(graphs).map((path) => files.find((file) => file.path === path)!.bytes)
  const total = bytes.reduce((sum, size) => sum + size, 0)
  let done = 0
  Object.keys(graphs).forEach((graph, index) => {
    const [before, after] = seen.splice(0, 2) as [GraphOpening, GraphOpening]
    assert.deepEqual(before, { graph, bytes: bytes[index], ms: null, share: done / total })
    done += bytes[index]!
    assert.deepEqual({ ...after, ms: 0 }, { graph, bytes: bytes[index], ms: 0, share: done / total })
    assert.ok(after.ms! > 0)
  })
  assert.equal(done, total)
})

test('each run of a graph is reported with its time', async () => {
  const runs: string[] = []
  const onRun = ({ graph, ms }: GraphRun): void => {
    assert.ok(ms > 0)
    runs.push(graph)
  }
  const model = await openModel(tinyModel, { threads: 1, onRun })
  await model.generate({ ...(await edit()), steps: 2 })
  await model.close()
  const texts = ['textEncoder', 'textEncoder', 'textEncoder']
  assert.deepEqual(runs, [...texts, 'vaeEncoder', 'conditioner', 'denoiser', 'denoiser', 'vaeDecoder'])
})
