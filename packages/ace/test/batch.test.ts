import assert from 'node:assert/strict'
import { afterAll, test } from '@jest/globals'
import {
  openModel,
  type GenerateHooks,
  type GenerateRequest,
  type GraphOpening,
  type GraphRun,
  type OpenModelOptions,
} from '../src/index.js'
import { fixture, plainPng, textToImage, tinyModel } from './fixtures.js'

const open = (options: OpenModelOptions = {}) => openModel(tinyModel, { threads: 1, ...options })
const alone = await open()
afterAll(() => alone.close())

const frame = { mask: null, maskMode: 'keep', instruction: 'make the circle green' } as const
const edit: GenerateRequest = {
  ...textToImage,
  frames: [{ ...frame, image: await plainPng(64, 64) }],
  currentFrames: 1,
}

/** Four pictures that have nothing in common but their size. */
const different: GenerateRequest[] = [
  textToImage,
  { ...textToImage, instruction: 'a star', seed: 8, steps: 9, guidanceInterval: [0.2, 0.7] },
  { ...textToImage, instruction: 'a green house beside a tree at night', seed: 9, steps: 6, guidanceScale: 1 },
  { ...textToImage, negativePrompt: 'blurred and dark', seed: 10, steps: 7, guidanceRescale: 0, sampler: 'dpm++2m' },
]

/** How often the denoiser has run. */
function counted() {
  let runs = 0
  const onRun = ({ graph }: GraphRun): void => void (runs += Number(graph === 'denoiser'))
  return { onRun, runs: () => runs }
}

test('pictures made at once have the bytes of those made alone, and share their steps', async () => {
  const { onRun, runs } = counted()
  const model = await open({ batch: 4, onRun })
  const made = await Promise.all(different.map((request) => model.generate(request)))
  for (const [index, request] of different.entries()) {
    assert.deepEqual(made[index]!.pixels, (await alone.generate(request)).pixels)
    assert.equal(made[index]!.batch, 4)
  }
  const steps = different.map((request) => request.steps)
  const most = steps.reduce((sum, count) => sum + count)
  assert.ok(runs() >= Math.max(...steps) && runs() < 0.75 * most, `${runs()} runs for ${most} steps`)
  assert.equal((await model.generate(textToImage)).batch, 1)
  await model.close()
})

test('edits share steps, too, with the masks and pictures of their own', async () => {
  const model = await open({ batch: 2, batchWaitMs: 600_000 })
  const other = { ...edit, frames: [{ ...frame, image: await plainPng(64, 64, '#36c'), instruction: 'blue' }], seed: 2 }
  const made = await Promise.all([edit, other].map((request) => model.generate(request)))
  for (const [index, request] of [edit, other].entries()) {
    assert.deepEqual(made[index]!.pixels, (await alone.generate(request)).pixels)
    assert.equal(made[index]!.batch, 2)
  }
  await model.close()
})

test('steps that keep what they know of the pictures are shared with those of others in the same phase', async () => {
  const model = await open({ batch: 3, batchWaitMs: 600_000 })
  const requests = [1, 2, 2].map((historyRefresh, index) => ({ ...edit, steps: 6, historyRefresh, seed: index }))
  const made = await Promise.all(requests.map((request) => model.generate(request)))
  for (const [index, request] of requests.entries())
    assert.deepEqual(made[index]!.pixels, (await alone.generate(request)).pixels)
  // The exact one keeps nothing, so none of its steps is like one of the others.
  assert.deepEqual(
    made.map(({ batch }) => batch),
    [1, 2, 2],
  )
  await model.close()
})

test('a generation joins in the middle, and leaves when it is cancelled; the others do not notice', async () => {
  const model = await open({ batch: 3 })
  const stop = new AbortController()
  let late: Promise<Awaited<ReturnType<typeof model.generate>>> | undefined
  const long = { ...textToImage, steps: 12 }
  const hooks: GenerateHooks = {
    onProgress({ step }) {
      if (step === 3) late = model.generate({ ...textToImage, seed: 3 })
    },
  }
  const cancelled = model.generate(
    { ...long, seed: 4 },
    { signal: stop.signal, onProgress: ({ step }) => void (step === 9 && stop.abort()) },
  )
  const [first] = await Promise.all([model.generate(long, hooks), assert.rejects(cancelled, /aborted before step 10/)])
  assert.deepEqual(first.pixels, (await alone.generate(long)).pixels)
  assert.deepEqual((await late!).pixels, (await alone.generate({ ...textToImage, seed: 3 })).pixels)
  assert.equal(first.batch, 3)
  await model.close()
})

test('the oldest goes on, and who does not fit waits for it, in order of arrival', async () => {
  const model = await open({ batch: 4 })
  const order: string[] = []
  const make = (name: string, request: GenerateRequest) =>
    model.generate(request, { onProgress: ({ step }) => void order.push(`${name}${step}`) })
  const wide = { ...textToImage, width: 128, height: 128, steps: 2 }
  // neither size nor frames: what comes after them may not pass them, although it fits the first
  await Promise.all([
    make('a', { ...textToImage, steps: 3 }),
    make('b', { ...wide, width: 32, height: 64 }),
    make('c', { ...textToImage, steps: 2 }),
  ])
  assert.deepEqual(
    order.filter((step) => step > 'b'),
    ['b1', 'b2', 'c1', 'c2'],
  )
  assert.ok(order.indexOf('a3') < order.indexOf('b1'), order.join())
  await model.close()
})

test('one that fails leaves the others as they are', async () => {
  const model = await open({ batch: 2 })
  const failing = model.generate(
    { ...textToImage, seed: 99 },
    {
      onProgress({ step }) {
        if (step === 2) throw new Error('its hook has thrown')
      },
    },
  )
  const [good] = await Promise.all([
    model.generate({ ...textToImage, steps: 6 }),
    assert.rejects(failing, /its hook has thrown/),
  ])
  assert.deepEqual(good.pixels, (await alone.generate({ ...textToImage, steps: 6 })).pixels)
  await model.close()
})

test('a first step waits for others while it would be alone, until the batch is full or for as long as it should', async () => {
  const patient = await open({ batch: 2, batchWaitMs: 600_000 })
  const first = patient.generate(textToImage)
  await new Promise((resolve) => setTimeout(resolve, 100))
  const second = patient.generate({ ...textToImage, seed: 5 })
  assert.deepEqual([(await first).batch, (await second).batch], [2, 2])
  await patient.close()
  const model = await open({ batch: 2, batchWaitMs: 300 })
  const began = performance.now()
  assert.equal((await model.generate(textToImage)).batch, 1)
  assert.ok(performance.now() - began >= 300)
  await model.close()
})

test('parts that do not stay are open while one of several generations needs them, and no longer', async () => {
  const opened: string[] = []
  const onOpening = ({ graph, ms }: GraphOpening): void => void (ms === null && opened.push(graph))
  for (const batch of [1, 3]) {
    const model = await open({ batch, resident: [], onOpening })
    opened.splice(0)
    const requests = [edit, { ...edit, seed: 3 }, { ...textToImage, steps: 9 }]
    // None goes on before all have run the denoiser: reading a picture may take longer than all steps of the others.
    let begun = 0
    let allHaveBegun = () => {}
    const together = new Promise<void>((resolve) => (allHaveBegun = resolve))
    const hooks: GenerateHooks = {
      async onProgress({ step }) {
        if (step === 1 && ++begun === requests.length) allHaveBegun()
        await together
      },
    }
    const made = await Promise.all(requests.map((request) => model.generate(request, hooks)))
    for (const [index, request] of requests.entries())
      assert.deepEqual(made[index]!.pixels, (await alone.generate(request)).pixels)
    assert.equal(opened.filter((graph) => graph === 'denoiser').length, 1, opened.join())
    opened.splice(0)
    await model.generate(textToImage)
    assert.ok(opened.includes('denoiser'), 'it was freed')
    await model.close()
  }
})

test('a model in int8 makes each by itself: its scales depend on all rows', async () => {
  const model = await openModel(fixture('tiny-int8'), { threads: 1, batch: 2 })
  const requests = [textToImage, { ...textToImage, seed: 8 }]
  const made = await Promise.all(requests.map((request) => model.generate(request)))
  for (const [index, request] of requests.entries()) {
    assert.equal(made[index]!.batch, 1)
    assert.deepEqual(made[index]!.pixels, (await model.generate(request)).pixels)
  }
  await model.close()
})
