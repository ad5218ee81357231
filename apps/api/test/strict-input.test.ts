import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import type { CreateTurnResponse, Generation } from '@atelier/contracts'
import { multipart, png, startTestApi, uploaded, type TestApi } from './support/test-api.js'

let api: TestApi
let session: string
beforeAll(async () => {
  api = await startTestApi()
  session = await api.session()
})
afterAll(() => api.close())

type Sent = Parameters<TestApi['send']>

describe('what a request does not have is refused by name', () => {
  const imageId = 'img_0000000000000000'
  const turn = (body: object): [string, string, object] => [
    'POST',
    '/v1/sessions/SESSION/turns',
    { instruction: 'x', ...body },
  ]
  it.each<[string, ...ReturnType<typeof turn>]>([
    ['Images', ...turn({ Images: [] })],
    ['images.0.mask_id', ...turn({ images: [{ imageId, mask_id: imageId }] })],
    ['history.modes', ...turn({ history: { modes: 'none' } })],
    ['parameters.cfg', ...turn({ parameters: { cfg: 7 } })],
    ['name', 'POST', '/v1/sessions', { name: 'x' }],
    ['name', 'PATCH', '/v1/sessions/SESSION', { title: 'x', name: 'x' }],
    ['turn', 'POST', '/v1/sessions/SESSION/fork', { turnId: 'trn_0000000000000000', turn: 1 }],
    ['up', 'POST', `/v1/images/${imageId}/outpaint`, { top: 1, up: 1 }],
    ['Seed', 'POST', '/v1/generations/gen_0000000000000000/retry', { Seed: 1 }],
    ['seed', 'POST', '/v1/generations/gen_0000000000000000/reproduce', { seed: 1 }],
    ['reason', 'POST', '/v1/generations/gen_0000000000000000/cancel', { reason: 'x' }],
    ['dry_run', 'POST', '/v1/admin/objects/sweep', { dry_run: false }],
    ['scope', 'POST', '/v1/admin/keys', { name: 'x', scope: 'admin' }],
    ['force', 'POST', '/v1/admin/queue/drain', { force: true }],
  ])('%s in a body', async (path, method, url, body) => {
    const before = await api.count()
    const answer = await api.send(method as Sent[0], url.replace('SESSION', session), { as: api.admin, body })
    assert.deepEqual([answer.status, answer.body.error.code], [400, 'invalid_request'], JSON.stringify(answer.body))
    assert.deepEqual(answer.body.error.details, [{ path, message: 'is not a field of this request' }])
    assert.match(answer.body.error.message, new RegExp(`\`${path}\``))
    assert.deepEqual(await api.count(), before)
  })

  it.each([
    ['page', 'GET', '/v1/sessions?page=2'],
    ['Limit', 'GET', '/v1/admin/keys?Limit=2'],
    ['ownr', 'GET', '/v1/admin/generations?ownr=x'],
    ['include', 'GET', '/v1/sessions/SESSION?include=turns'],
    ['force', 'DELETE', '/v1/turns/trn_0000000000000000?force=true'],
    ['after', 'GET', '/v1/sessions/SESSION/events?after=1'],
    ['token', 'GET', '/v1/models?token=x'],
    ['title', 'POST', '/v1/sessions?title=x'],
  ])('%s in a query', async (path, method, url) => {
    const answer = await api.send(method as Sent[0], url.replace('SESSION', session), { as: api.admin })
    assert.deepEqual([answer.status, answer.body.error.code], [400, 'invalid_request'])
    assert.deepEqual(answer.body.error.details, [{ path, message: 'is not a field of this request' }])
  })

  it.each([
    ['kind', '/v1/images'],
    ['Purpose', '/v1/images'],
    ['title', '/v1/sessions/import'],
  ])('%s in a form', async (name, url) => {
    const { payload, headers } = multipart(await png(8, 8), { [name]: 'mask' })
    const answer = await api.app.inject({
      method: 'POST',
      url,
      payload,
      headers: { ...headers, ...api.anna.headers },
    })
    assert.equal(answer.statusCode, 400)
    assert.equal(answer.json<{ error: { details: { path: string }[] } }>().error.details[0]!.path, name)
  })

  it('however many there are', async () => {
    const body = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`key${n}`, n]))
    const answer = await api.send('POST', '/v1/sessions', { body })
    assert.equal(answer.status, 400)
    assert.equal(answer.body.error.details.length, 20)
  })

  it('but an empty body is no body', async () => {
    assert.equal((await api.send('POST', '/v1/admin/queue/resume', { as: api.admin, body: {} })).status, 200)
    assert.equal((await api.send('POST', '/v1/admin/queue/resume', { as: api.admin })).status, 200)
  })
})

describe('a type that a route does not read is refused', () => {
  it.each([
    ['/v1/sessions', 'text/plain', '{}'],
    ['/v1/sessions', 'application/x-www-form-urlencoded', 'title=x'],
    ['/v1/sessions', 'application/problem+json', '{}'],
    ['/v1/sessions', multipart(Buffer.from('x')).headers['content-type'], multipart(Buffer.from('x')).payload],
    ['/v1/admin/queue/pause', 'text/plain', 'x'],
    ['/v1/images', 'application/json', '{}'],
    ['/v1/images', 'image/png', 'x'],
    ['/v1/sessions/import', 'application/zip', 'x'],
  ])('%s as %s', async (url, type, payload) => {
    const headers = { ...api.admin.headers, 'content-type': type }
    const answer = await api.app.inject({ method: 'POST', url, payload, headers })
    assert.deepEqual(
      [answer.statusCode, answer.json<{ error: { code: string } }>().error.code],
      [415, 'unsupported_media_type'],
    )
  })

  it.each([
    ['no boundary', 'multipart/form-data', undefined],
    ['an empty boundary', 'multipart/form-data; boundary=', undefined],
    ['a wrong boundary', 'multipart/form-data; boundary=other', undefined],
    ['an overlong boundary', `multipart/form-data; boundary=${'b'.repeat(5000)}`, undefined],
    ['a body cut off in the file', undefined, -60],
    ['a body cut off before the file', undefined, 40],
    ['no body', undefined, 0],
  ])('and so is a form with %s', async (_, type, length) => {
    const { payload, headers } = multipart(await png(64, 64))
    for (const url of ['/v1/images', '/v1/sessions/import']) {
      const answer = await api.app.inject({
        method: 'POST',
        url,
        payload: payload.subarray(0, length),
        headers: { ...api.anna.headers, 'content-type': type ?? headers['content-type'] },
      })
      assert.deepEqual(
        [answer.statusCode, answer.json<{ error: { code: string } }>().error.code],
        [400, 'invalid_request'],
        answer.body,
      )
    }
  })
})

describe('a turn', () => {
  const ask = async (body: object) => {
    const answer = await api.send('POST', `/v1/sessions/${session}/turns`, { body: { instruction: 'x', ...body } })
    return { status: answer.status, error: answer.body.error, ...(answer.body as CreateTurnResponse) }
  }
  const sizeOf = ({ parameters: { width, height } }: Generation) => [width, height]

  it('has no mask mode without a mask', async () => {
    const imageId = (await uploaded(api)).id
    const { status, error } = await ask({ images: [{ imageId, maskMode: 'erase' }] })
    assert.equal(status, 400)
    assert.equal(error.details[0].path, 'images.0.maskMode')
    const { turn } = await ask({ images: [{ imageId }] })
    assert.equal((await ask({ images: turn.images })).status, 202, 'what an answer says can be sent back')
  })

  it('records the size that its pictures get, not one that is not used', async () => {
    // the model draws at most 16 squares of 16 pixels, at most four times as long as wide
    for (const [width, height, made] of [
      [48, 32, [48, 32]],
      [640, 640, [64, 64]],
      [500, 250, [80, 32]],
    ] as const) {
      const imageId = (await uploaded(api, width, height)).id
      const asked = await ask({ images: [{ imageId }], parameters: { width: 32, height: 96, count: 2 } })
      for (const generation of asked.generations) assert.deepEqual(sizeOf(generation), made)
      const plain = await ask({ images: [], parameters: { width: 32, height: 96 } })
      assert.deepEqual(sizeOf(plain.generations[0]!), [32, 96])
    }
    const first = (await uploaded(api, 48, 32)).id
    const { turn } = await ask({ images: [{ imageId: first }] })
    const next = await ask({ parentTurnId: turn.id, parameters: { width: 64, height: 64 } })
    assert.equal(next.turn.images[0]!.imageId, first)
    assert.deepEqual(sizeOf(next.generations[0]!), [48, 32], 'also of the picture that it edits by default')
    await api.finish(next.generations[0]!.id)
    for (const again of ['retry', 'reproduce']) {
      const { body } = await api.send('POST', `/v1/generations/${next.generations[0]!.id}/${again}`)
      assert.deepEqual(sizeOf(body as Generation), [48, 32])
    }
  })

  it('shows the model what a mention means, however it is written', async () => {
    const id = (await uploaded(api)).id
    const { turn, generations } = await ask({
      instruction: `make \uFF20${id.toUpperCase()} like @\u200B${id}`,
      history: { mode: 'none' },
    })
    assert.deepEqual(
      turn.images.map(({ imageId }) => imageId),
      [id],
    )
    assert.equal(generations[0]!.lcu.at(-1)!.instruction, 'make {image} like {image}')
    const { status, error } = await ask({ instruction: `make \uFF20IMG_7 like @${id}` })
    assert.deepEqual([status, error.code], [400, 'unknown_mention'])
    assert.deepEqual(error.details, { mentions: [{ mention: '\uFF20IMG_7', position: 5 }] })
  })
})
