import assert from 'node:assert/strict'
import { test } from '@jest/globals'
import { testUnless } from '@atelier/testing'
import { GraphError } from '../src/errors.js'
import { cudaNotInstalled, DeviceUnavailableError, openModel } from '../src/index.js'
import { graphTable } from '../src/model-folder/graph-table.js'
import { Graph } from '../src/ort.js'
import { fixture, tinyModel } from './fixtures.js'

const cpu = { device: 'cpu', threads: 1 } as const

test('a graph with other inputs is refused before its first run, with both lists', async () => {
  const wrong = Graph.open(`${tinyModel}/vae_encoder.onnx`, graphTable.vaeDecoder, cpu)
  await assert.rejects(
    wrong,
    (error) => error instanceof GraphError && /inputs are image instead of latent/.test(error.message),
  )
})

test('a file that is no graph, and a run with a wrong shape, are errors of that graph', async () => {
  await assert.rejects(Graph.open(fixture('golden/preprocess_sizes.json'), graphTable.vaeDecoder, cpu), GraphError)
  const encoder = await Graph.open(`${tinyModel}/vae_encoder.onnx`, graphTable.vaeEncoder, cpu)
  await assert.rejects(
    encoder.run({ image: { data: new Float32Array(4), dims: [1, 1, 2, 2] } }),
    (error) => error instanceof GraphError && error.code === 'model_failed',
  )
  await encoder.close()
})

testUnless(!cudaNotInstalled() && 'the CUDA provider is installed')(
  'without the CUDA provider the error names the missing library',
  async () => {
    await assert.rejects(
      openModel(tinyModel, { device: 'cuda' }),
      (error) => error instanceof DeviceUnavailableError && error.message.includes('libonnxruntime_providers'),
    )
  },
)
