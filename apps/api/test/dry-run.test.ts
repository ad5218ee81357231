import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { turnOutlookSchema, type CreateTurnResponse, type TurnOutlook } from '@atelier/contracts'
import { readModels } from '../src/model-catalog.js'
import { startTestApi, uploaded, type TestApi } from './support/test-api.js'

const models = fileURLToPath(new URL('../../../../models', import.meta.url))

let api: TestApi
beforeAll(async () => {
  const catalog = await readModels(models, 'ace-mini')
  api = await startTestApi((d) => ({ ...d, models: catalog }))
})
afterAll(() => api.close())

const dryRun = async (body: object, as = api.anna) => api.send('POST', '/v1/turns/dry-run', { body, as })
const outlook = async (body: object): Promise<TurnOutlook> => {
  const answer = await dryRun(body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return turnOutlookSchema.parse(answer.body)
}
const create = async (session: string, body: object): Promise<CreateTurnResponse> => {
  const answer = await api.send('POST', `/v1/sessions/${session}/turns`, { body })
  assert.equal(answer.status, 202, JSON.stringify(answer.body))
  return answer.body as CreateTurnResponse
}
/** A session of so many turns, each of which edits the picture of the one before. */
async function conversation(turns: number): Promise<{ session: string; images: string[] }> {
  const session = await api.session()
  const images: string[] = []
  for (let n = 0; n < turns; n += 1) {
    const { generations } = await create(session, { instruction: `turn ${n}` })
    await api.finish(generations[0]!.id)
    images.push((await api.send('GET', `/v1/generations/${generations[0]!.id}`)).body.images[0].id)
  }
  return { session, images }
}

describe('a dry run', () => {
  it('says of every kind of turn what creating it then does, and writes nothing', async () => {
    const { session, images } = await conversation(4)
    const wide = await uploaded(api, 128, 64)
    const mask = await uploaded(api, 128, 64, { purpose: 'mask' })
    const masked = { imageId: wide.id, maskId: mask.id, maskMode: 'erase' }
    for (const body of [
      { instruction: 'make the circle green' },
      { instruction: ' like that ', images: [] },
      { instruction: `put @${images[0]} into @${images[2]}`, history: { mode: 'session', limit: 9 } },
      { instruction: 'repaint', images: [masked], parameters: { negativePrompt: 'a red circle', steps: 3 } },
      { instruction: 'again', images: [{ imageId: images[1] }], history: { mode: 'none' }, model: 'ace-mini' },
      {
        instruction: 'anew',
        parentTurnId: null,
        images: Array.from({ length: 9 }, () => masked),
        history: { mode: 'session' },
      },
    ]) {
      const before = await api.count()
      const told = await outlook({ sessionId: session, ...body })
      assert.deepEqual(await api.count(), before)
      const { turn, generations } = await create(session, body)
      const { lcu, historyDropped, parameters, model } = generations[0]!
      const own = { ...lcu.at(-1)!, turnId: null }
      const { instruction: _text, negativePrompt: _negative, ...decided } = told
      assert.deepEqual(
        decided,
        {
          parentTurnId: turn.parentTurnId,
          images: turn.images,
          model,
          parameters,
          lcu: [...lcu.slice(0, -1), own],
          historyDropped,
        },
        body.instruction,
      )
    }
  })

  it('counts texts that are too long, and says what the model would read of them', async () => {
    const long = 'a red circle on a blue background, '.repeat(40)
    const { instruction, negativePrompt, lcu } = await outlook({
      instruction: long,
      parameters: { negativePrompt: long },
    })
    assert.ok(instruction!.tokens > 119)
    assert.deepEqual(negativePrompt, instruction)
    assert.equal(instruction!.maxTokens, 119)
    assert.ok(lcu[0]!.truncated && lcu[0]!.instruction.length < long.length)
    assert.deepEqual((await outlook({ instruction: ' ' })).instruction, { tokens: 0, maxTokens: 119 })
  })

  it('is refused for what a turn would be refused for', async () => {
    const { session } = await conversation(1)
    const before = await api.count()
    for (const [code, body] of [
      ['instruction_too_long', { instruction: 'x'.repeat(2001) }],
      ['unknown_mention', { instruction: '@img_0000000000000000' }],
      ['unknown_image', { instruction: 'x', images: [{ imageId: 'img_0000000000000000' }] }],
      ['unknown_turn', { instruction: 'x', parentTurnId: 'trn_0000000000000000' }],
      ['unknown_model', { instruction: 'x', model: 'ace-none' }],
      ['invalid_size', { instruction: 'x', parameters: { width: 65 } }],
      ['parameter_out_of_range', { instruction: 'x', parameters: { steps: 0 } }],
      ['invalid_request', { instruction: 'x', colour: 'red' }],
    ] as const) {
      for (const place of [{}, { sessionId: session }])
        assert.equal((await dryRun({ ...body, ...place })).body.error?.code, code, code)
    }
    assert.equal((await dryRun({ instruction: 'x', sessionId: session }, api.ben)).status, 404)
    assert.deepEqual(await api.count(), before)
  })
})
