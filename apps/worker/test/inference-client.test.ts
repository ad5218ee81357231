import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, test } from '@jest/globals'
import type { GenerateRequest } from '@atelier/ace'
import { StopError } from '@atelier/queue'
import { InferenceClient } from '../src/inference/inference-client.js'
import type { StepDone } from '../src/inference/messages.js'
import { copyTinyModel, roomy, type ModelCopy } from './model-copy.js'

const request: GenerateRequest = {
  instruction: 'a red circle',
  frames: [],
  currentFrames: 0,
  width: 128,
  height: 128,
  steps: 50,
  guidanceScale: 4.5,
  guidanceRescale: 0.5,
  negativePrompt: '',
  keepUnmasked: false,
  seed: 7,
  cacheScope: 'somebody',
}
const inference = new InferenceClient({
  device: 'auto',
  threads: 1,
  onErrorLine: () => {},
  previewEveryMs: 0,
  // more than a step takes on a machine with much else to do
  silenceFloorMs: 4000,
  cancelGraceMs: 3000,
})
let model: ModelCopy
beforeAll(async () => {
  model = await copyTinyModel()
  await model.edit(roomy)
})
afterAll(async () => {
  await inference.close()
  await model?.remove()
})

/** Whether an error says that the process exited, in a message with `part`. */
const exited = (part: string) => (error: unknown) =>
  error instanceof StopError && error.reason === 'inference-exited' && error.message.includes(part)

/** One call; `at` is called after its third step, and it is then so long that it has not ended before. */
function generate(at?: (stop: AbortController) => void) {
  const stop = new AbortController()
  const seen: StepDone[] = []
  const onStep = (step: StepDone) => {
    if (seen.push(step) === 3) at?.(stop)
  }
  const asked = { ...request, ...(at && { steps: 1000 }) }
  const run = () => inference.generate(model.folder, asked, { signal: stop.signal, onStep })
  return { seen, result: inference.load(model.folder).then(run) }
}

describe('the inference process, seen from the worker', () => {
  test('answers with a picture after telling of every step, with previews before the last one', async () => {
    const { seen, result } = generate()
    const { width, height, pixels } = await result
    assert.deepEqual([width, height, pixels.length], [128, 128, 128 * 128 * 3])
    assert.deepEqual(
      seen.map((s) => s.step),
      Array.from({ length: 50 }, (_, i) => i + 1),
    )
    assert.ok(seen.slice(0, -1).every((s) => s.preview))
    assert.match(inference.device, /^(cpu|cuda)$/)
  })

  test('stops before its next step and stays alive', async () => {
    const before = inference.pid
    const { result, seen } = generate((stop) => stop.abort(new Error('enough')))
    await assert.rejects(result, /enough/)
    assert.equal(seen.length, 3)
    assert.equal(inference.pid, before)
  })

  test('is killed when it does not stop', async () => {
    const before = inference.pid!
    const { result } = generate((stop) => {
      process.kill(before, 'SIGSTOP')
      stop.abort(new Error('enough'))
    })
    await assert.rejects(result, /enough/)
    assert.equal(inference.pid, undefined)
  })

  test('is killed when it is silent for too long', async () => {
    const { result } = generate(() => process.kill(inference.pid!, 'SIGSTOP'))
    await assert.rejects(result, exited('no step'))
  })

  test('a call is lost with its process, the next one has a fresh process', async () => {
    const { result } = generate(() => process.kill(inference.pid!, 'SIGKILL'))
    await assert.rejects(result, exited('SIGKILL'))
    assert.equal((await generate().result).width, 128)
  })

  test('a call that comes while the process is being killed has a fresh one', async () => {
    await inference.load(model.folder)
    const before = inference.pid
    const killed = inference.renew()
    assert.equal((await generate().result).width, 128)
    assert.notEqual(inference.pid, before)
    await killed
  })

  test('a call whose process ends between loading and asking is lost with it', async () => {
    await inference.load(model.folder)
    await inference.renew()
    const stop = new AbortController()
    const asked = inference.generate(model.folder, request, { signal: stop.signal, onStep: () => {} })
    await assert.rejects(asked, exited('ended'))
  })
})
