import assert from 'node:assert/strict'
import { test } from '@jest/globals'
import { readManifest } from '@atelier/contracts/model-folder'
import { loopClock } from '@atelier/testing'
import { InvalidOutputError, OutOfMemoryError } from '../src/errors.js'
import { closeGraphs, openGraphs } from '../src/model-folder/model-graphs.js'
import { denoise } from '../src/pipeline/denoise.js'
import { JoinedPasses } from '../src/pipeline/join-passes.js'
import { NoisePredictor } from '../src/pipeline/noise-predictor.js'
import { StepBatch, type BatchLimits } from '../src/pipeline/step-batch.js'
import { linearSchedule } from '../src/scheduler/noise-schedule.js'
import { trailingSteps } from '../src/scheduler/sampling-steps.js'
import { prepareConditioning } from '../src/sequence/conditioning.js'
import { Sequence } from '../src/sequence/sequence.js'
import { tinyModel } from './fixtures.js'

test('numbers that stop being a picture end one generation, and not those that share its steps', async () => {
  const { graphs: files, dit, scheduler, latent: settings } = await readManifest(tinyModel)
  const graphs = await openGraphs(tinyModel, files, { device: 'cpu', threads: 1 })
  const limits = { most: 2, mostTokens: 1e6, waitMs: 0 }
  const batch = new StepBatch(graphs.denoiser, new JoinedPasses(), limits)
  const sample = async (value: number, shared: boolean) => {
    const segment = { data: new Float32Array(dit.textWidth).fill(value), length: 1 }
    const texts = await prepareConditioning(graphs.conditioner, [[segment]], new Float32Array(dit.textWidth))
    const mask = new Float32Array(16).fill(1)
    const sequence = new Sequence([{ height: 4, width: 4, mask }], 1, settings.channels, dit.patch)
    const latent = Float32Array.from({ length: 64 }, (_, index) => Math.sin(index))
    const plan = {
      steps: trailingSteps(linearSchedule(scheduler), 4),
      sampler: 'ddim',
      prediction: scheduler.prediction,
      guidance: { scale: 1, rescale: 0 },
      guidanceInterval: [0, 1],
    } as const
    const work = (graph: Pick<typeof graphs.denoiser, 'run'>) =>
      denoise(latent, new NoisePredictor(graph, sequence, texts), plan)
    const largest = shared ? await batch.during({ layout: 'one', tokens: 4 }, work) : await work(graphs.denoiser)
    return { latent, largest }
  }
  const [bad, good] = await Promise.allSettled([sample(NaN, true), sample(0.5, true)])
  assert.ok(bad.status === 'rejected' && bad.reason instanceof InvalidOutputError, String(bad))
  assert.ok(good.status === 'fulfilled')
  assert.equal(good.value.largest, 2)
  assert.deepEqual(good.value.latent, (await sample(0.5, false)).latent)
  await closeGraphs(graphs)
})

/** A graph whose inputs are lists of numbers, which doubles them. It has room for so many at once. */
function doubler(room: number) {
  const sizes: number[] = []
  const released: number[] = []
  const graph = {
    async run(numbers: number[]) {
      sizes.push(numbers.length)
      if (numbers.length > room) throw new OutOfMemoryError('a graph')
      if (numbers.includes(13)) throw new Error('thirteen')
      return numbers.map((number) => 2 * number)
    },
    release: async () => void released.push(sizes.length),
  }
  const joining = {
    join: (parts: readonly number[][]) => parts.flat(),
    split: (outputs: number[], parts: readonly number[][]) => parts.map((_, index) => [outputs[index]!]),
    clear: () => {},
  }
  const open = (limits: Partial<BatchLimits> = {}) =>
    new StepBatch(graph, joining, { most: 8, mostTokens: 1000, waitMs: 0, ...limits })
  return { sizes, released, open }
}

/** Runs a number so often; resolves with what came of it last. */
const runs = async (batch: ReturnType<ReturnType<typeof doubler>['open']>, number: number, count = 3, layout = '') => {
  let last: number[] = []
  await batch.during({ layout, tokens: 10 }, async (graph) => {
    for (let index = 0; index < count; index++) {
      last = await graph.run([number])
      await new Promise(setImmediate)
    }
  })
  return last
}

test('a batch is no larger than it may be, in generations and in tokens', async () => {
  for (const limits of [{ most: 3 }, { mostTokens: 39 }]) {
    const { sizes, released, open } = doubler(100)
    const batch = open(limits)
    const made = await Promise.all([1, 2, 3, 4, 5].map((number) => runs(batch, number)))
    assert.deepEqual(made.flat(), [2, 4, 6, 8, 10])
    assert.equal(Math.max(...sizes), 3)
    assert.deepEqual(released, [sizes.length], 'its memory is freed once, at the end')
  }
})

test('without the memory for all at once each runs alone, and then fewer at once', async () => {
  const { sizes, open } = doubler(2)
  const batch = open()
  const made = await Promise.all([1, 2, 3, 4].map((number) => runs(batch, number)))
  assert.deepEqual(made.flat(), [2, 4, 6, 8])
  assert.equal(sizes.filter((size) => size > 2).length, 1)
  assert.ok(sizes.includes(2), 'half as many are tried again')
})

test('a run that fails for all is repeated for each, and fails for the one it fails for', async () => {
  const { open } = doubler(100)
  const batch = open()
  const [good, bad, other] = await Promise.allSettled([1, 13, 3].map((number) => runs(batch, number)))
  assert.deepEqual(
    [good, other].map((end) => end?.status === 'fulfilled' && end.value),
    [[2], [6]],
  )
  assert.ok(bad?.status === 'rejected' && bad.reason instanceof Error && bad.reason.message === 'thirteen')
})

test('nobody waits for more than those before it, however many come', async () => {
  const { open } = doubler(100)
  const batch = open({ most: 2 })
  const order: string[] = []
  const make = (name: string, layout: string) => runs(batch, 1, 4, layout).then(() => order.push(name))
  const rest: Promise<unknown>[] = [make('a', 'x'), make('b', 'y')]
  for (let index = 0; index < 10; index++) {
    rest.push(make(`c${index}`, 'x'))
    await new Promise(setImmediate)
  }
  await Promise.all(rest)
  assert.deepEqual(order.slice(0, 2), ['a', 'b'])
})

test('one that is slow between two runs is not waited for long', async () => {
  const { sizes, open } = doubler(100)
  const batch = open()
  let goOn = () => {}
  const held = new Promise<void>((resolve) => (goOn = resolve))
  const stopClock = loopClock()
  const slow = batch.during({ layout: '', tokens: 10 }, async (graph) => {
    await graph.run([1])
    await held
    await graph.run([1])
  })
  await runs(batch, 2, 4)
  const done = stopClock()
  goOn()
  await slow
  assert.ok(done < 1900, `${done} ms`)
  assert.ok(sizes.includes(2))
})

test('one that was held up with the whole process is still waited for', async () => {
  const { open } = doubler(100)
  const batch = open()
  const order: string[] = []
  const make = (name: string) =>
    batch.during({ layout: name, tokens: 10 }, async (graph) => {
      for (let index = 0; index < 3; index++) {
        await graph.run([1])
        order.push(name)
        // behind the end of the run, before the next is looked for
        for (let turn = 0; turn < 20; turn++) await Promise.resolve()
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
        await new Promise(setImmediate)
      }
    })
  await Promise.all(['a', 'b'].map(make))
  assert.deepEqual(order, ['a', 'a', 'a', 'b', 'b', 'b'])
})

/** Far longer than a test lasts. */
const forEver = { waitMs: 1_000_000_000 }

test('one that leaves no room for another waits for nobody', async () => {
  const { sizes, open } = doubler(100)
  assert.deepEqual(await runs(open({ ...forEver, mostTokens: 19 }), 1), [2])
  assert.deepEqual(sizes, [1, 1, 1])
}, 10_000)

test('nobody waits once one that cannot share its steps stands behind it', async () => {
  const { sizes, open } = doubler(100)
  const batch = open({ ...forEver, most: 2 })
  const ends = [runs(batch, 1, 3, 'x')]
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.deepEqual(sizes, [], 'it waits while others may come')
  ends.push(runs(batch, 2, 3, 'y'))
  await ends[0]
  assert.deepEqual(sizes, [1, 1, 1])
  // the second is alone now, until a third fills the batch
  ends.push(runs(batch, 3, 3, 'y'))
  await Promise.all(ends)
  assert.deepEqual(sizes.slice(3), [2, 2, 2])
}, 10_000)
