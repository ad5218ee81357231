import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import type { Manifest, ParametersRequest } from '@atelier/contracts'
import { resolveParameters } from '../src/index.js'

const manifest = {
  limits: { sizeMultiple: 16, minSize: 32, maxFrameTokens: 16, maxAspect: 4, maxSteps: 100, maxGuidanceScale: 20 },
  defaults: {
    width: 64,
    height: 48,
    steps: 20,
    guidanceScale: 4.5,
    guidanceRescale: 0.5,
    sampler: 'dpm++2m',
    guidanceInterval: [0, 0.8],
  },
  samplers: ['dpm++2m'],
} as unknown as Manifest
const resolve = (request: ParametersRequest, images: Parameters<typeof resolveParameters>[2] = []) =>
  resolveParameters({ seed: 7, ...request }, manifest, images)

describe('resolveParameters', () => {
  it("fills in the model's defaults", () =>
    assert.deepEqual(resolve({ height: 64, guidanceInterval: null }), [
      {
        seed: 7,
        parameters: {
          ...manifest.defaults,
          height: 64,
          guidanceInterval: null,
          speed: 'exact',
          negativePrompt: '',
          keepUnmasked: false,
        },
      },
    ]))

  it('fast: takes what the model names for it, and what the request names before that', () => {
    const fast = { ...manifest, fast: { historyRefresh: 2, steps: 3 } } as Manifest
    const of = (request: ParametersRequest, model = fast) =>
      resolveParameters({ seed: 7, ...request }, model, [])[0]!.parameters
    assert.equal(of({}).steps, 20)
    assert.deepEqual(of({ speed: 'fast' }), { ...of({}), steps: 3, speed: 'fast' })
    assert.equal(of({ speed: 'fast', steps: 5 }).steps, 5)
    assert.throws(() => of({ speed: 'fast' }, manifest), { code: 'parameter_out_of_range', message: /must be exact/ })
  })

  it('counts the seeds of variations on, and wraps', () =>
    assert.deepEqual(
      resolve({ seed: 2 ** 32 - 2, count: 4 }).map(({ seed }) => seed),
      [2 ** 32 - 2, 2 ** 32 - 1, 0, 1],
    ))

  it('keeps what is not masked when the edited picture is repainted, unless told otherwise', () => {
    const kept = (maskId: string | null, maskMode: 'keep' | 'erase', request = {}) =>
      resolve(request, [{ imageId: 'img_1', maskId, maskMode }])[0]!.parameters.keepUnmasked
    assert.equal(kept('img_2', 'erase'), true)
    assert.equal(kept('img_2', 'keep'), false)
    assert.equal(kept(null, 'erase'), false)
    assert.equal(kept('img_2', 'erase', { keepUnmasked: false }), false)
  })

  it("refuses what is outside the model's limits", () => {
    for (const size of [{ width: 65 }, { width: 16 }, { width: 80, height: 64 }, { width: 256, height: 32 }])
      assert.throws(() => resolve(size), { code: 'invalid_size' })
    for (const wrong of [
      { steps: 101 },
      { guidanceScale: 0.5 },
      { seed: -1 },
      { count: 11 },
      { sampler: 'ddim' as const },
    ])
      assert.throws(() => resolve(wrong), { code: 'parameter_out_of_range' })
    assert.throws(() => resolve({ guidanceInterval: [0.5, 0.5] }), { code: 'parameter_out_of_range' })
  })
})
