import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from '@jest/globals'
import { withCopy } from '@atelier/testing'
import { openModel, type GenerateRequest, type OpenModelOptions } from '../src/index.js'
import { fixture, plainPng, textToImage, tinyModel } from './fixtures.js'

/** Pixels of a folder's picture by the graphs for CUDA, which run on the CPU here, or by those for it. */
async function picture(
  folder: string,
  request: GenerateRequest,
  graphsOf: OpenModelOptions['graphsOf'] = 'cuda',
): Promise<Uint8Array> {
  const model = await openModel(folder, { threads: 1, graphsOf })
  try {
    return (await model.generate(request)).pixels
  } finally {
    await model.close()
  }
}

/** A folder's picture with another number of steps in a run. */
async function pictureInRuns(folder: string, stepsPerRun: number, request: GenerateRequest): Promise<Uint8Array> {
  let pixels = new Uint8Array()
  await withCopy(folder, async (copy) => {
    const path = join(copy, 'manifest.json')
    const manifest = JSON.parse(await readFile(path, 'utf8')) as { cuda: object }
    await writeFile(path, JSON.stringify({ ...manifest, cuda: { ...manifest.cuda, stepsPerRun } }))
    pixels = new Uint8Array(await picture(copy, request))
  })
  return pixels
}

/** An edit of two pictures of different sizes with guidance in a part of the steps. */
async function edit(changes: Partial<GenerateRequest> = {}): Promise<GenerateRequest> {
  const frame = { mask: null, maskMode: 'keep', instruction: 'make the circle green' } as const
  return {
    ...textToImage,
    frames: [
      { ...frame, image: await plainPng(64, 48) },
      { ...frame, image: await plainPng(48, 64, '#36c') },
    ],
    currentFrames: 1,
    steps: 7,
    guidanceInterval: [0, 0.6],
    ...changes,
  }
}

const levels = (one: Uint8Array, other: Uint8Array): number =>
  one.reduce((most, value, i) => Math.max(most, Math.abs(value - other[i]!)), 0)

test('the graphs for CUDA make the picture that those for a CPU make', async () => {
  const requests = [
    textToImage,
    await edit(),
    await edit({ sampler: 'dpm++2m', guidanceInterval: null }),
    { ...textToImage, guidanceScale: 1, steps: 1 },
  ]
  for (const request of requests) {
    const [steps, runs] = [await picture(tinyModel, request, 'cpu'), await picture(tinyModel, request)]
    assert.ok(new Set(steps).size > 16)
    assert.ok(levels(steps, runs) <= 1, `${levels(steps, runs)} levels`)
  }
})

test('the picture does not depend on the steps of a run', async () => {
  for (const sampler of ['ddim', 'dpm++2m'] as const) {
    const request = await edit({ sampler })
    const four = await picture(tinyModel, request)
    for (const stepsPerRun of [1, 3]) assert.deepEqual(await pictureInRuns(tinyModel, stepsPerRun, request), four)
  }
})

test('a float16 folder makes nearly the same picture', async () => {
  const request = await edit()
  const [exact, half] = [await picture(tinyModel, request), await picture(fixture('tiny-fp16'), request)]
  const mean = exact.reduce((sum, value, i) => sum + Math.abs(value - half[i]!), 0) / exact.length
  assert.ok(mean > 0 && mean < 2, `${mean} levels`)
})

test('progress comes after each run, and a cancel ends the generation before the next one', async () => {
  const model = await openModel(tinyModel, { threads: 1, graphsOf: 'cuda' })
  const controller = new AbortController()
  const seen: number[] = []
  try {
    const request = await edit({ steps: 20, guidanceInterval: null })
    const previews: number[] = []
    await model.generate(request, {
      async onProgress({ step, preview }) {
        seen.push(step)
        previews.push((await preview()).length)
      },
    })
    assert.deepEqual(seen.splice(0), [4, 8, 12, 16, 20])
    assert.ok(previews.every((bytes) => bytes > 60))
    const cancelled = model.generate(request, {
      signal: controller.signal,
      onProgress({ step }) {
        seen.push(step)
        if (step === 8) controller.abort()
      },
    })
    await assert.rejects(cancelled, { name: 'GenerationAbortedError' })
    assert.deepEqual(seen, [4, 8])
    // Runs end where guidance does, so that none carries the unconditional pass for nothing.
    seen.length = 0
    await model.generate(await edit(), { onProgress: ({ step }) => void seen.push(step) })
    assert.deepEqual(seen, [4, 7])
  } finally {
    await model.close()
  }
})
