import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { ModelCatalog } from '../../src/index.js'
import { manifest, startTestApi, type TestApi } from '../support/test-api.js'

let api: TestApi
beforeAll(async () => {
  const fast = { ...manifest, name: 'ace-fast', fast: { historyRefresh: 2, stepCache: 0, steps: 5 } }
  api = await startTestApi((d) => ({ ...d, models: new ModelCatalog([manifest, fast], 'ace-test') }))
})
afterAll(() => api.close())

/** The parameters of the turn of a response. */
async function parametersOf(tool: object) {
  const { status, body } = await api.send('POST', '/openai/v1/responses', {
    body: {
      model: 'ace-fast',
      input: 'a red ball',
      background: true,
      tools: [{ type: 'image_generation', ...tool }],
    },
  })
  assert.equal(status, 200, JSON.stringify(body))
  const { parameters } = (await api.send('GET', `/v1/generations/${body.generation_id}`)).body
  return { speed: parameters.speed, steps: parameters.steps }
}

describe('the speed of a call', () => {
  it('is exact, or fast with the steps that the model names for it', async () => {
    assert.deepEqual(await parametersOf({}), { speed: 'exact', steps: 20 })
    assert.deepEqual(await parametersOf({ speed: 'exact', quality: 'low' }), { speed: 'exact', steps: 10 })
    assert.deepEqual(await parametersOf({ speed: 'fast' }), { speed: 'fast', steps: 5 })
    assert.deepEqual(await parametersOf({ speed: 'fast', quality: 'low' }), { speed: 'fast', steps: 3 })
    assert.deepEqual(await parametersOf({ speed: 'fast', steps: 9 }), { speed: 'fast', steps: 9 })
  })

  it('is refused by a model that has no fast settings, as by the native route', async () => {
    const session = await api.session()
    const turn = { instruction: 'a red ball', parameters: { speed: 'fast' } }
    const native = (await api.send('POST', `/v1/sessions/${session}/turns`, { body: turn })).body.error
    const call = { prompt: 'a red ball', speed: 'fast' }
    const { status, body } = await api.send('POST', '/openai/v1/images/generations', { body: call })
    assert.deepEqual(
      [status, body.error.code, body.error.param, body.error.message],
      [400, native.code, 'speed', native.message],
    )
    assert.equal(native.code, 'parameter_out_of_range')
    const unknown = await api.send('POST', '/openai/v1/images/generations', { body: { ...call, speed: 'slow' } })
    assert.deepEqual([unknown.status, unknown.body.error.param], [400, 'speed'])
  })
})
