import assert from 'node:assert/strict'
import { afterAll, beforeAll, it } from '@jest/globals'
import { png, startTestApi, type TestApi } from '../support/test-api.js'

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.close())

const picture = async (size: number) => ({
  image_url: `data:image/png;base64,${(await png(size, size)).toString('base64')}`,
})

it('a refused call leaves none of its pictures behind, also when it sends one twice', async () => {
  const before = await api.count()
  const images = [await picture(21), await picture(21), await picture(22)]
  const call = { prompt: 'a red ball', images, steps: 1000 }
  const { status, body } = await api.send('POST', '/openai/v1/images/edits', { body: call })
  assert.deepEqual([status, body.error.code], [400, 'parameter_out_of_range'], JSON.stringify(body))
  assert.deepEqual(await api.count(), before)
})
