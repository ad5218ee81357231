import assert from 'node:assert/strict'
import { test } from '@jest/globals'
import { readManifest } from '@atelier/contracts/model-folder'
import { InvalidOutputError } from '../src/errors.js'
import { openGraphs, closeGraphs } from '../src/model-folder/model-graphs.js'
import { decodeLatent, previewPixels } from '../src/pipeline/decode-latent.js'
import { denoise } from '../src/pipeline/denoise.js'
import { NoisePredictor } from '../src/pipeline/noise-predictor.js'
import { linearSchedule } from '../src/scheduler/noise-schedule.js'
import { trailingSteps } from '../src/scheduler/sampling-steps.js'
import { prepareConditioning } from '../src/sequence/conditioning.js'
import { Sequence } from '../src/sequence/sequence.js'
import { tinyModel } from './fixtures.js'

test('numbers that stop being a picture end the run at that step, and at the decoder', async () => {
  const { graphs: files, dit, scheduler, latent: settings } = await readManifest(tinyModel)
  const { conditioner, denoiser, vaeDecoder } = await openGraphs(tinyModel, files, { device: 'cpu', threads: 1 })
  const segment = { data: new Float32Array(dit.textWidth).fill(NaN), length: 1 }
  const conditioning = await prepareConditioning(conditioner, [[segment]], new Float32Array(dit.textWidth))
  const sequence = new Sequence(
    [{ height: 4, width: 4, mask: new Float32Array(16).fill(1) }],
    1,
    settings.channels,
    dit.patch,
  )
  const steps = trailingSteps(linearSchedule(scheduler), 3)
  const run = denoise(new Float32Array(64), new NoisePredictor(denoiser, sequence, conditioning), {
    steps,
    sampler: 'ddim',
    prediction: scheduler.prediction,
    guidance: { scale: 1, rescale: 0 },
    guidanceInterval: [0, 1],
  })
  await assert.rejects(
    run,
    (error) => error instanceof InvalidOutputError && error.stage === 'step 1' && error.code === 'model_invalid_output',
  )
  const broken = new Float32Array(64).fill(Infinity)
  await assert.rejects(decodeLatent(broken, 4, 4, vaeDecoder, settings), InvalidOutputError)
  await closeGraphs({ conditioner, denoiser, vaeDecoder })
})

test('a model of velocity and a model of noise that know the same picture end at it', async () => {
  const picture = Float32Array.of(0.5, -1, 2, 0.25)
  const steps = trailingSteps(linearSchedule({ trainSteps: 1000, betaStart: 0.0001, betaEnd: 0.02 }), 5)
  for (const prediction of ['eps', 'v'] as const) {
    let index = 0
    const predict = async (latent: Float32Array) => {
      const [alpha, sigma] = [steps.alphas[index]!, steps.sigmas[index]!]
      index++
      const noise = latent.map((value, i) => (value - alpha * picture[i]!) / sigma)
      return [prediction === 'eps' ? noise : noise.map((value, i) => alpha * value - sigma * picture[i]!)]
    }
    const latent = Float32Array.of(1, 0.5, -0.5, -1)
    const plan = {
      steps,
      sampler: 'ddim',
      prediction,
      guidance: { scale: 1, rescale: 0 },
      guidanceInterval: [0, 1],
    } as const
    await denoise(latent, { predict } as unknown as NoisePredictor, plan)
    for (const [i, value] of latent.entries())
      assert.ok(Math.abs(value - picture[i]!) < 1e-3, `${prediction}: ${value}`)
  }
})

test('a preview maps each latent pixel linearly', () => {
  const pixels = previewPixels(Float32Array.from([1, 0, 0, 1]), {
    factors: [
      [1, 0, 0],
      [0, 0.5, 9],
    ],
    bias: [0, 0, -1],
  })
  assert.deepEqual([...pixels], [255, 128, 0, 128, 191, 255])
})
