import assert from 'node:assert/strict'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from '@jest/globals'
import { withCopy } from '@atelier/testing'
import { openModel, type GenerateRequest, type GraphRun, type OpenModelOptions } from '../src/index.js'
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

/** A copy of a folder with changes in what its manifest says of CUDA. */
const withCuda = (folder: string, changes: object, use: (copy: string) => Promise<void>): Promise<void> =>
  withCopy(folder, async (copy) => {
    const path = join(copy, 'manifest.json')
    const manifest = JSON.parse(await readFile(path, 'utf8')) as { cuda: object }
    await writeFile(path, JSON.stringify({ ...manifest, cuda: { ...manifest.cuda, ...changes } }))
    await use(copy)
  })

/** A folder's picture with another number of steps in a run. */
async function pictureInRuns(folder: string, stepsPerRun: number, request: GenerateRequest): Promise<Uint8Array> {
  let pixels = new Uint8Array()
  await withCuda(folder, { stepsPerRun }, async (copy) => {
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

test('generations at once share runs when they are at the same step, and have the pictures of those made alone', async () => {
  const requests = [
    await edit(),
    await edit({ seed: 8, guidanceScale: 2, guidanceRescale: 0 }),
    { ...(await edit({ seed: 9 })), instruction: 'a longer text about a green house beside a tree at night' },
    await edit({ seed: 10, steps: 5 }),
  ]
  const runs: number[] = []
  const onRun = ({ graph, bytesIn }: GraphRun): void => void (graph === 'sampler' && runs.push(bytesIn))
  const model = await openModel(tinyModel, { threads: 1, graphsOf: 'cuda', batch: 4, batchWaitMs: 60_000, onRun })
  const made = await Promise.all(requests.map((request) => model.generate(request)))
  await model.close()
  for (const [index, request] of requests.entries()) {
    const most = levels(made[index]!.pixels, await picture(tinyModel, request))
    assert.ok(most <= 1, `${index}: ${most} levels`)
  }
  assert.deepEqual(
    made.map(({ batch }) => batch),
    [3, 3, 3, 1],
  )
  // three of seven steps in runs of four, guided and not, and one of five
  assert.equal(runs.length, 2 + 2)
})

/** A copy of the tiny model with the graph whose steps share what the first of a run computes. */
const withKeptSampler = (use: (copy: string) => Promise<void>): Promise<void> =>
  withCuda(tinyModel, { keptSampler: 'kept_sampler.onnx' }, async (folder) => {
    // `kept_sampler_graph` of the weights of `export-tiny`
    await copyFile(fixture('tiny-model-kept-sampler.onnx'), join(folder, 'kept_sampler.onnx'))
    await use(folder)
  })

test('steps that share the history make the picture that a CPU makes of it, alone and with others', async () => {
  await withKeptSampler(async (folder) => {
    const request = await edit({ guidanceInterval: null, historyRefresh: 3, steps: 6 })
    const ran: string[] = []
    const onRun = ({ graph }: GraphRun): void => void (/sampler/i.test(graph) && ran.push(graph))
    const model = await openModel(folder, { threads: 1, graphsOf: 'cuda', batch: 2, batchWaitMs: 60_000, onRun })
    const requests = [request, { ...request, seed: 8 }]
    const made = await Promise.all(requests.map((one) => model.generate(one)))
    // Three steps, two, and the last one, which computes all frames itself.
    assert.deepEqual(ran, ['keptSampler', 'keptSampler', 'sampler'])
    ran.length = 0
    await model.generate({ ...textToImage, historyRefresh: 3 }, { alone: true })
    assert.deepEqual(new Set(ran), new Set(['sampler']))
    await model.close()
    for (const [index, one] of requests.entries()) {
      const { pixels } = made[index]!
      assert.ok(levels(pixels, await picture(folder, one, 'cpu')) <= 1)
      assert.ok(levels(pixels, await picture(folder, one)) <= 1)
      assert.notDeepEqual(pixels, await picture(folder, { ...one, historyRefresh: 1 }))
    }
  })
})

test('a fast generation tells of every run it shared, and takes no place where it runs nothing', async () => {
  await withKeptSampler(async (folder) => {
    const ran: string[] = []
    const onRun = ({ graph }: GraphRun): void => void (/sampler/i.test(graph) && ran.push(graph))
    const model = await openModel(folder, { threads: 1, graphsOf: 'cuda', batch: 2, batchWaitMs: 60_000, onRun })
    try {
      const together = async (changes: Partial<GenerateRequest>[]): Promise<number[]> => {
        ran.length = 0
        const requests = await Promise.all(
          changes.map((one) => edit({ guidanceInterval: null, historyRefresh: 3, ...one })),
        )
        return (await Promise.all(requests.map((one) => model.generate(one)))).map(({ batch }) => batch)
      }
      // Of one and of two steps the last is the sampler's, and so is what is left: they wait for each other there.
      for (const steps of [1, 2]) {
        assert.deepEqual(await together([{ steps }, { steps, seed: 8 }]), [2, 2])
        assert.deepEqual(ran, ['sampler'])
      }
      // Other thresholds share no run of several steps. The first step, guided, and the last one are runs of one step.
      const apart = { steps: 5, guidanceInterval: [0, 0.2] as [number, number] }
      const seats = await together([
        { ...apart, stepCache: 0.3 },
        { ...apart, stepCache: 0.6 },
      ])
      assert.equal(ran.filter((graph) => graph === 'keptSampler').length, 2)
      assert.equal(ran.filter((graph) => graph === 'sampler').length < 4, seats.includes(2))
    } finally {
      await model.close()
    }
  })
})

test('step caching: a threshold changes the picture, the same one alone and with others', async () => {
  await withKeptSampler(async (folder) => {
    const shared = await edit({ steps: 12, guidanceInterval: null, historyRefresh: 6 })
    const draw = { ...textToImage, steps: 12, historyRefresh: 6 }
    for (const request of [shared, draw]) {
      const computed = await picture(folder, { ...request, stepCache: 0 })
      const taken = await picture(folder, { ...request, stepCache: 1 })
      assert.notDeepEqual(taken, computed)
      // by the graphs for a CPU every step is computed
      assert.ok(levels(await picture(folder, { ...request, stepCache: 1 }, 'cpu'), computed) <= 1)
    }
    let keptRuns = 0
    const onRun = ({ graph }: GraphRun): void => void (keptRuns += Number(graph === 'keptSampler'))
    const model = await openModel(folder, { threads: 1, graphsOf: 'cuda', batch: 4, batchWaitMs: 60_000, onRun })
    const requests = [
      { ...shared, stepCache: 0.3 },
      { ...shared, stepCache: 0.3, seed: 8 },
      { ...shared, stepCache: 0.6, seed: 9 },
      { ...shared, seed: 10 },
    ]
    const made = await Promise.all(requests.map((request) => model.generate(request)))
    await model.close()
    // Six steps and five, for two thresholds and without one. The last step is in a run that any of them may share.
    assert.equal(keptRuns, 2 * 3)
    assert.ok(made.slice(0, 2).every(({ batch }) => batch >= 2))
    for (const [index, request] of requests.entries())
      assert.ok(levels(made[index]!.pixels, await picture(folder, request)) <= 1, `${index}`)
  })
})
