import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { createTurnResponseSchema, type CreateTurnResponse } from '@atelier/contracts'
import { startTestApi, uploaded, type Person, type TestApi } from './support/test-api.js'

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.close())

const turn = async (sessionId: string, body: object, as?: Person) =>
  api.send('POST', `/v1/sessions/${sessionId}/turns`, { body, ...(as && { as }) })
const accepted = async (sessionId: string, body: object): Promise<CreateTurnResponse> => {
  const answer = await turn(sessionId, body)
  assert.equal(answer.status, 202, JSON.stringify(answer.body))
  return createTurnResponseSchema.parse(answer.body)
}
const refused = async (body: object, code: string, status = 400, said = /./) => {
  const answer = await turn(await api.session(), { instruction: 'x', ...body })
  assert.equal(answer.body.error?.code, code, JSON.stringify(answer.body))
  assert.equal(answer.status, status)
  assert.match(answer.body.error.message, said)
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

describe('a turn is refused', () => {
  it('without an instruction, or with too long a one', async () => {
    await refused({ instruction: ' \n ' }, 'instruction_empty')
    await refused({ instruction: 'x'.repeat(2001) }, 'instruction_too_long', 400, /2001/)
    await refused({ instruction: 5 }, 'invalid_request')
  })

  it('with text that cannot be stored', async () => {
    await refused({ instruction: 'a\0b' }, 'invalid_request')
    await refused({ instruction: 'a \ud800 b' }, 'invalid_request')
    await refused({ parameters: { negativePrompt: '\0' } }, 'invalid_request')
  })

  it('with a place in the tree that is not in its session', async () => {
    const other = await accepted(await api.session(), { instruction: 'x' })
    await refused({ parentTurnId: other.turn.id }, 'unknown_turn')
    await refused({ parentTurnId: 'trn_0000000000000000' }, 'unknown_turn')
    await refused({ parentTurnId: 'nonsense' }, 'invalid_request')
    const session = await api.session()
    const moved = await api.send('PATCH', `/v1/sessions/${session}`, { body: { activeTurnId: other.turn.id } })
    assert.deepEqual([moved.status, moved.body.error.code], [400, 'unknown_turn'])
  })

  it('with more history than there are frames', async () => {
    await refused({ history: { mode: 'lineage', limit: 10 } }, 'invalid_request')
  })

  it('with a picture as mask that is none', async () => {
    const [image, other] = [await uploaded(api, 40, 30), await uploaded(api, 40, 30)]
    await refused({ images: [{ imageId: image.id, maskId: other.id }] }, 'not_a_mask')
  })

  it('with ten megabytes of instruction', async () => {
    await refused({ instruction: 'x'.repeat(10_000_000) }, 'payload_too_large', 413)
  })

  it("with a mention of what is not the caller's, naming it", async () => {
    await refused({ instruction: 'like @img_0000000000000000' }, 'unknown_mention', 400, /@img_0000000000000000/)
    await refused({ instruction: 'like @img_abc' }, 'unknown_mention', 400, /@img_abc \(at 5\)/)
    const foreign = await uploaded(api, 64, 64, { as: api.ben })
    await refused({ instruction: `like @${foreign.id}` }, 'unknown_mention')
  })

  it("with an image or mask that is not the caller's", async () => {
    const [own, foreign] = [await uploaded(api), await uploaded(api, 64, 64, { as: api.ben })]
    await refused({ images: [{ imageId: 'img_0000000000000000' }] }, 'unknown_image', 400, /images\.0\.imageId/)
    await refused({ images: [{ imageId: foreign.id }] }, 'unknown_image')
    await refused({ images: [{ imageId: own.id, maskId: foreign.id }] }, 'unknown_image', 400, /images\.0\.maskId/)
    await refused({ images: [{ imageId: 'nonsense' }] }, 'invalid_request')
  })

  it('with an image of which the model would see only the middle, until it has room around it', async () => {
    const panorama = await uploaded(api, 1000, 200)
    const url = `/v1/sessions/${await api.session()}/turns`
    const body = { instruction: 'x', images: [{ imageId: panorama.id }] }
    const refused = await api.send('POST', url, { body })
    const { code, details } = refused.body.error
    assert.deepEqual([refused.status, code], [400, 'image_too_elongated'])
    assert.deepEqual([details.imageId, details.maxAspect], [panorama.id, 4])
    const mentioned = { instruction: `make @${panorama.id} blue` }
    assert.equal((await api.send('POST', url, { body: mentioned })).body.error.code, 'image_too_elongated')
    const grown = await api.send('POST', `/v1/images/${panorama.id}/outpaint`, { body: details.outpaint })
    assert.deepEqual([grown.body.image.width, grown.body.image.height], [1000, 250])
    const images = [{ imageId: grown.body.image.id }]
    assert.equal((await api.send('POST', url, { body: { ...body, images } })).status, 202)
  })

  it('with a mask of another size', async () => {
    const [image, mask] = [await uploaded(api, 40, 30), await uploaded(api, 30, 40, { purpose: 'mask' })]
    await refused({ images: [{ imageId: image.id, maskId: mask.id }] }, 'mask_size_mismatch', 400, /30×40.*40×30/)
  })

  it('with ten condition images', async () => {
    const image = await uploaded(api)
    await refused({ images: Array.from({ length: 10 }, () => ({ imageId: image.id })) }, 'too_many_images')
    const other = await uploaded(api)
    await refused(
      { instruction: `@${other.id}`, images: Array.from({ length: 9 }, () => ({ imageId: image.id })) },
      'too_many_images',
    )
  })

  it('with a size that the model cannot draw', async () => {
    for (const parameters of [
      { width: 65 },
      { width: 16 },
      { width: 80, height: 80 },
      { width: 256, height: 48 },
      { width: 0 },
      { height: -64 },
    ]) {
      await refused({ parameters }, 'invalid_size')
    }
  })

  it('with a parameter out of range, naming it', async () => {
    const wrong = {
      steps: [0, 101, -1],
      guidanceScale: [0.5, 20.1],
      guidanceRescale: [-0.1, 1.1],
      guidanceInterval: [
        [-0.1, 1],
        [0, 1.1],
        [0.5, 0.5],
      ],
      count: [0, 11],
      seed: [-1, 2 ** 32],
    }
    for (const [field, values] of Object.entries(wrong)) {
      for (const value of values)
        await refused({ parameters: { [field]: value } }, 'parameter_out_of_range', 400, new RegExp(field))
    }
    for (const parameters of [{ steps: 2.5 }, { sampler: 'euler' }, { guidanceInterval: [0.5] }])
      await refused({ parameters }, 'invalid_request')
  })

  it('with a model that is not here', async () => {
    await refused({ model: 'dall-e' }, 'unknown_model', 400, /dall-e/)
  })

  it("in a session that is not the caller's", async () => {
    const answer = await turn(await api.session(api.ben), { instruction: 'x' })
    assert.deepEqual([answer.status, answer.body.error.code], [404, 'not_found'])
  })
})
