import assert from 'node:assert/strict'
import { test } from '@jest/globals'
import type { ModelGraphs } from '../src/model-folder/model-graphs.js'
import { NoisePredictor } from '../src/pipeline/noise-predictor.js'
import { Sequence } from '../src/sequence/sequence.js'

test('without guidance the network gets the first row alone, of every input', async () => {
  const runs: Parameters<ModelGraphs['denoiser']['run']>[0][] = []
  const run = async (inputs: (typeof runs)[number]) => {
    runs.push({ ...inputs })
    const rows = inputs.patches.dims[0]!
    return { eps: { data: Float32Array.from({ length: rows * 4 }, (_, i) => i), dims: [rows, 1, 4] } }
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
