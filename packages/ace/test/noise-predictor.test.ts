import assert from 'node:assert/strict'
import { test } from '@jest/globals'
import { readManifest } from '@atelier/contracts/model-folder'
import { closeGraphs, openGraphs, type ModelGraphs } from '../src/model-folder/model-graphs.js'
import { NoisePredictor } from '../src/pipeline/noise-predictor.js'
import { prepareConditioning } from '../src/sequence/conditioning.js'
import { Sequence } from '../src/sequence/sequence.js'
import { tinyModel } from './fixtures.js'

test('without guidance the network gets the first row alone, of every input', async () => {
  const runs: Parameters<ModelGraphs['denoiser']['run']>[0][] = []
  const run = async (inputs: (typeof runs)[number]) => {
    runs.push({ ...inputs })
    const rows = inputs.patches.dims[0]!
    const eps = { data: Float32Array.from({ length: rows * 4 }, (_, i) => i), dims: [rows, 1, 4] }
    return { eps, kept: { data: new Float32Array(), dims: [4, rows, 0, 3] } }
  }
  const ramp = (...dims: number[]) => ({
    data: Float32Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => i),
    dims,
  })
  const sequence = new Sequence([{ height: 2, width: 2, mask: new Float32Array(4) }], 2, 1, 2)
  const predictor = new NoisePredictor({ run }, sequence, {
    keys: ramp(2, 2, 1, 1, 3),
    values: ramp(2, 2, 1, 1, 3),
    indicatorEmbedding: ramp(2, 1, 3),
    textLengths: { data: Int32Array.of(5, 1), dims: [2, 1] },
  })
  assert.equal((await predictor.predict(Float32Array.of(1, 2, 3, 4), 9)).length, 2)
  const alone = await predictor.predict(Float32Array.of(5, 6, 7, 8), 8, false)
  assert.deepEqual(
    alone.map((eps) => [...eps]),
    [[0, 1, 2, 3]],
  )
  const [both, single] = runs as [(typeof runs)[number], (typeof runs)[number]]
  assert.deepEqual([both.patches.dims[0], both.keys.dims], [2, [2, 2, 1, 1, 3]])
  assert.deepEqual(
    [single.patches.dims, single.timestep, single.keys.dims, [...single.keys.data], [...single.text_lengths.data]],
    [[1, 1, 8], { data: Float32Array.of(8), dims: [1] }, [2, 1, 1, 1, 3], [0, 1, 2, 6, 7, 8], [5]],
  )
  assert.deepEqual([...single.patches.data], [5, 6, 7, 8, 0, 0, 0, 0])
  assert.deepEqual(single.indicator_embedding, ramp(1, 1, 3))
})

test('steps that share the history compute the target alone, with one row as with two', async () => {
  const { graphs: files, dit, latent } = await readManifest(tinyModel)
  const { conditioner, denoiser } = await openGraphs(tinyModel, files, { device: 'cpu', threads: 1 })
  try {
    const ramp = (length: number, step: number) => Float32Array.from({ length }, (_, i) => Math.sin(i * step))
    const segment = (length: number) => ({ data: ramp(length * dit.textWidth, 0.3 + length), length })
    const passes = [
      [segment(3), segment(1), segment(4)],
      [segment(1), segment(1), segment(2)],
    ]
    const conditioning = await prepareConditioning(conditioner, passes, ramp(3 * dit.textWidth, 0.7))
    const frame = (height: number, width: number) => ({
      height,
      width,
      latent: ramp(latent.channels * height * width, 0.9),
      mask: new Float32Array(height * width).fill(1),
    })
    const frames = [frame(4, 6), frame(6, 4), frame(2, 8)]
    const noise = ramp(latent.channels * 24, 1.3)
    const tokens: number[] = []
    const counted: Pick<ModelGraphs['denoiser'], 'run'> = {
      run(inputs) {
        tokens.push(inputs.patches.dims[1]!)
        return denoiser.run(inputs)
      },
    }
    const predictor = (refresh: number) =>
      new NoisePredictor(counted, new Sequence(frames, 2, latent.channels, dit.patch), conditioning, refresh)
    const steps = [true, true, false, false, true] as const
    const results = async (refresh: number) => {
      const each = []
      const one = predictor(refresh)
      for (const guided of steps) each.push((await one.predict(noise, 500, guided)).map((eps) => eps.slice()))
      return each
    }
    const exact = await results(1)
    assert.deepEqual(tokens.splice(0), [16, 16, 16, 16, 16])
    const shared = await results(3)
    // The third step is the first with one row, the fifth the next with two.
    assert.deepEqual(tokens.splice(0), [16, 6, 16, 6, 16])
    // At the same time step and latent, what was kept is what would be computed.
    assert.deepEqual(
      shared.map((rows) => rows.length),
      [2, 2, 1, 1, 2],
    )
    for (const [step, rows] of exact.entries())
      for (const [row, eps] of rows.entries())
        for (const [i, value] of eps.entries()) assert.ok(Math.abs(value - shared[step]![row]![i]!) < 1e-5)
    const ending = predictor(3)
    for (const last of [false, false, true]) await ending.predict(noise, 500, true, last)
    assert.deepEqual(tokens.splice(0), [16, 6, 16])
    // At another one it is not.
    const one = predictor(2)
    await one.predict(noise, 900)
    const [later] = await one.predict(noise, 500)
    assert.ok(later!.some((value, i) => Math.abs(value - exact[0]![0]![i]!) > 1e-4))
  } finally {
    await closeGraphs({ conditioner, denoiser })
  }
})
