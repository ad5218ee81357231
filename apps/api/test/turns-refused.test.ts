import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { startTestApi, uploaded, type TestApi } from './support/test-api.js'

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.close())

const turn = async (sessionId: string, body: object) => api.send('POST', `/v1/sessions/${sessionId}/turns`, { body })
const refused = async (body: object, code: string, status = 400, said = /./) => {
  const answer = await turn(await api.session(), { instruction: 'x', ...body })
  assert.equal(answer.body.error?.code, code, JSON.stringify(answer.body))
  assert.equal(answer.status, status)
  assert.match(answer.body.error.message, said)
}

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
    const { body: other } = await turn(await api.session(), { instruction: 'x' })
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
      speed: ['fast'],
      count: [0, 11],
      seed: [-1, 2 ** 32],
    }
    for (const [field, values] of Object.entries(wrong)) {
      for (const value of values)
        await refused({ parameters: { [field]: value } }, 'parameter_out_of_range', 400, new RegExp(field))
    }
    for (const parameters of [{ steps: 2.5 }, { sampler: 'euler' }, { speed: 'slow' }, { guidanceInterval: [0.5] }])
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
