import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import type { Lcu } from '@atelier/contracts'
import { readModels } from '../src/model-catalog.js'
import { startTestApi, uploaded, type TestApi } from './support/test-api.js'

const models = fileURLToPath(new URL('../../../../models', import.meta.url))
/** More than the 119 tokens that ace-mini reads, and fewer than 2,000 characters. */
const long = 'a red circle on a blue background, '.repeat(40)
const shown = (words: string) => `${words} on a blue background`

let api: TestApi
beforeAll(async () => {
  const catalog = await readModels(models, 'ace-mini')
  api = await startTestApi((d) => ({ ...d, models: catalog }))
})
afterAll(() => api.close())

const turn = async (session: string, body: object) => api.send('POST', `/v1/sessions/${session}/turns`, { body })

describe('text beyond the model’s tokens', () => {
  it('is refused with the count and the limit, and nothing is written', async () => {
    const session = await api.session()
    const before = await api.count()
    for (const [field, body] of [
      ['instruction', { instruction: long, images: [] }],
      ['parameters.negativePrompt', { instruction: 'x', images: [], parameters: { negativePrompt: long } }],
    ] as const) {
      const { status, body: answer } = await turn(session, body)
      assert.deepEqual([status, answer.error.code], [400, 'text_too_long'])
      const { tokens, maxTokens, field: named } = answer.error.details
      assert.deepEqual([named, maxTokens], [field, 119])
      assert.ok(tokens > 119)
    }
    assert.deepEqual(await api.count(), before)
  })

  it('is cut when the request says so: the record has what was read, and says that it was cut', async () => {
    const session = await api.session()
    const { status, body } = await turn(session, {
      instruction: long,
      images: [],
      onLongText: 'truncate',
      parameters: { negativePrompt: long },
    })
    assert.equal(status, 202, JSON.stringify(body))
    assert.equal(body.turn.instruction, long)
    const { lcu, parameters } = body.generations[0] as { lcu: Lcu; parameters: { negativePrompt: string } }
    assert.equal(lcu[0]!.truncated, true)
    assert.ok(long.startsWith(lcu[0]!.instruction) && lcu[0]!.instruction.length < long.length)
    assert.equal(parameters.negativePrompt, lcu[0]!.instruction)
  })

  it('is counted with the names that pictures have for the model, and short text stays as it is', async () => {
    const session = await api.session()
    const image = await uploaded(api)
    // a mention has more tokens than the name that stands for it
    const instruction = `${shown('a red circle')} `.repeat(12) + `@${image.id} `.repeat(6)
    const { status, body } = await turn(session, { instruction, images: [] })
    assert.equal(status, 202, JSON.stringify(body))
    const { lcu } = body.generations[0] as { lcu: Lcu }
    assert.equal(lcu[0]!.truncated, undefined)
    assert.ok(lcu[0]!.instruction.endsWith('{image}'))
  })
})
