import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { createTurnResponseSchema, type CreateTurnResponse } from '@atelier/contracts'
import { startTestApi, uploaded, type TestApi } from './support/test-api.js'

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.close())

const accepted = async (sessionId: string, body: object): Promise<CreateTurnResponse> => {
  const answer = await api.send('POST', `/v1/sessions/${sessionId}/turns`, { body })
  assert.equal(answer.status, 202, JSON.stringify(answer.body))
  return createTurnResponseSchema.parse(answer.body)
}

describe('a turn', () => {
  it("is kept as typed, with the model's defaults, and is in the queue", async () => {
    const {
      turn: { instruction, images, parentTurnId },
      generations: [generation],
    } = await accepted(await api.session(), { instruction: '  a red circle ' })
    assert.deepEqual(
      { instruction, images, parentTurnId },
      { instruction: '  a red circle ', images: [], parentTurnId: null },
    )
    assert.equal(generation!.lcu[0]!.instruction, 'a red circle')
    assert.deepEqual(generation!.parameters, {
      width: 64,
      height: 64,
      steps: 20,
      guidanceScale: 4.5,
      guidanceRescale: 0.5,
      negativePrompt: '',
      sampler: 'ddim',
      guidanceInterval: null,
      speed: 'exact',
      keepUnmasked: false,
    })
    assert.equal(generation!.model, 'ace-test')
    assert.equal(generation!.status, 'queued')
    assert.equal(await api.queue.has(generation!.id), true)
  })

  it('has as many variations as asked for, with seeds that count on and wrap', async () => {
    const { generations } = await accepted(await api.session(), {
      instruction: 'x',
      parameters: { seed: 2 ** 32 - 2, count: 4 },
    })
    assert.deepEqual(
      generations.map(({ seed }) => seed),
      [2 ** 32 - 2, 2 ** 32 - 1, 0, 1],
    )
  })

  it("edits the session's latest image unless told otherwise", async () => {
    const session = await api.session()
    const first = await accepted(session, { instruction: 'a circle' })
    await api.finish(first.generations[0]!.id)
    const picture = (await api.send('GET', `/v1/generations/${first.generations[0]!.id}`)).body.images[0].id
    const second = await accepted(session, { instruction: 'make it green' })
    assert.deepEqual(second.turn.images, [{ imageId: picture, maskId: null, maskMode: 'keep' }])
    assert.equal(second.turn.parentTurnId, first.turn.id)
    assert.deepEqual(
      second.generations[0]!.lcu.at(-1)!.images.map(({ imageId, indicator }) => [imageId, indicator]),
      [[picture, '{image}']],
    )
    assert.deepEqual((await accepted(session, { instruction: 'a square', images: [] })).turn.images, [])
  })

  it('takes mentioned images first, in order of first mention, then attached ones that are not mentioned', async () => {
    const [a, b, c] = [await uploaded(api), await uploaded(api), await uploaded(api)]
    const session = await api.session()
    const ids = ({ turn }: CreateTurnResponse) => turn.images.map(({ imageId }) => imageId)
    assert.deepEqual(
      ids(
        await accepted(session, {
          instruction: `@${b.id}, (@${a.id}) and @${b.id}!`,
          images: [{ imageId: c.id }, { imageId: a.id }],
        }),
      ),
      [b.id, a.id, c.id],
    )
    assert.deepEqual(ids(await accepted(session, { instruction: `like @${a.id}`, images: [] })), [a.id])
    // the session has a latest image by now, and it is not added to the mentioned one
    assert.deepEqual(ids(await accepted(session, { instruction: `like @${b.id}` })), [b.id])
  })

  it("takes a mask of its image's size", async () => {
    const [image, mask] = [await uploaded(api, 40, 30), await uploaded(api, 40, 30, { purpose: 'mask' })]
    const { turn } = await accepted(await api.session(), {
      instruction: 'x',
      images: [{ imageId: image.id, maskId: mask.id, maskMode: 'erase' }],
    })
    assert.deepEqual(turn.images, [{ imageId: image.id, maskId: mask.id, maskMode: 'erase' }])
  })

  it('keeps the mask of an image that is mentioned, and pastes the rest back unless told otherwise', async () => {
    const [image, mask] = [await uploaded(api, 40, 30), await uploaded(api, 40, 30, { purpose: 'mask' })]
    const session = await api.session()
    const instruction = `fill @${image.id}`
    const kept = async (maskMode: string, parameters = {}) => {
      const images = [{ imageId: image.id, maskId: mask.id, maskMode }]
      const { turn, generations } = await accepted(session, { instruction, images, parameters })
      assert.deepEqual(turn.images, images)
      return generations[0]!.parameters.keepUnmasked
    }
    assert.equal(await kept('erase'), true)
    assert.equal(await kept('keep'), false)
    assert.equal(await kept('erase', { keepUnmasked: false }), false)
    assert.equal(await kept('keep', { keepUnmasked: true }), true)
  })

  it('is edited and sent again as a sibling, walked to, and gone on from', async () => {
    const session = await api.session()
    const root = await accepted(session, { instruction: 'a circle' })
    await api.finish(root.generations[0]!.id)
    const first = await accepted(session, { instruction: 'make it gren' })
    const second = await accepted(session, {
      instruction: 'make it green',
      images: first.turn.images,
      parentTurnId: first.turn.parentTurnId,
    })
    const read = async () => (await api.send('GET', `/v1/sessions/${session}`)).body
    const path = async () => (await read()).turns.map(({ id }: { id: string }) => id)
    assert.deepEqual(await path(), [root.turn.id, second.turn.id])
    const [, shown] = (await read()).turns
    assert.deepEqual([shown.siblingIndex, shown.siblingCount], [1, 2])
    const siblings = await api.send('GET', `/v1/turns/${second.turn.id}/siblings`)
    assert.deepEqual(
      siblings.body.data.map(({ id }: { id: string }) => id),
      [first.turn.id, second.turn.id],
    )
    const moved = await api.send('PATCH', `/v1/sessions/${session}`, { body: { activeTurnId: first.turn.id } })
    assert.equal(moved.body.activeTurnId, first.turn.id)
    assert.deepEqual(await path(), [root.turn.id, first.turn.id])
    await api.finish(first.generations[0]!.id)
    const third = await accepted(session, { instruction: 'bigger' })
    assert.equal(third.turn.parentTurnId, first.turn.id)
  })
})

describe('a session', () => {
  it('comes in pages, and refuses cursors and queries that cannot be', async () => {
    const session = await api.session()
    const turns = []
    for (let n = 0; n < 3; n++) turns.push((await accepted(session, { instruction: `${n}`, images: [] })).turn.id)
    const [first, second, third] = turns
    const shown = async (url: string) => {
      const { body } = await api.send('GET', url)
      return [(body.turns ?? body.data).map(({ id }: { id: string }) => id), body.before, body.after]
    }
    const url = `/v1/sessions/${session}`
    assert.deepEqual(await shown(url), [turns, null, null])
    assert.deepEqual(await shown(`${url}?limit=2`), [[second, third], second, null])
    assert.deepEqual(await shown(`${url}/turns?limit=2&before=${second}`), [[first], null, first])
    assert.deepEqual(await shown(`${url}/turns?limit=1&after=${first}`), [[second], second, second])
    const other = await api.session()
    const stranger = (await accepted(other, { instruction: 'x' })).turn.id
    const refused: Record<string, string> = {
      'limit=0': 'invalid_request',
      'limit=101': 'invalid_request',
      'path=none': 'invalid_request',
      'before=x': 'invalid_request',
      'before=2147483648': 'invalid_request',
      'path=all&before=%00': 'invalid_request',
      [`path=all&after=${first}`]: 'invalid_request',
      [`before=${stranger}`]: 'invalid_request',
      [`after=${stranger}`]: 'invalid_request',
      [`before=${first}&after=${first}`]: 'invalid_request',
      [`turn=${stranger}`]: 'unknown_turn',
    }
    for (const [query, code] of Object.entries(refused)) {
      const { status, body } = await api.send('GET', `${url}/turns?${query}`)
      assert.deepEqual([status, body.error?.code], [400, code], query)
    }
    for (const path of [`sessions/${session}/turns`, `turns/${first}/siblings`, `turns/${first}/generations`])
      assert.equal((await api.send('GET', `/v1/${path}`, { as: api.ben })).status, 404, path)
    for (const query of ['from=-1', 'from=2147483648', 'cursor=x'])
      assert.equal((await api.send('GET', `/v1/turns/${first}/siblings?${query}`)).status, 400, query)
  })
})
