import assert from 'node:assert/strict'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { cleanUpAfterEach, countRows, eventually } from '@atelier/testing'
import OpenAI, { APIError, AuthenticationError, BadRequestError, NotFoundError, RateLimitError, toFile } from 'openai'
import sharp from 'sharp'
import { startDoorStack, type DoorStack } from './door-stack.js'

const cleanUp = cleanUpAfterEach()
let stack: DoorStack
let openai: OpenAI
beforeAll(async () => {
  stack = await startDoorStack({ worker: false, environment: { MAX_UPLOAD_BYTES: '4096' } })
  openai = new OpenAI({ baseURL: stack.baseURL, apiKey: stack.token, maxRetries: 0 })
})
afterAll(() => stack.close())

const png = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#c33' } })
    .png()
    .toBuffer()
const file = async (bytes: Buffer | Promise<Buffer>) => toFile(await bytes, 'blob')
const send = (path: string, init: RequestInit = {}, token = stack.token) =>
  fetch(`${stack.baseURL}${path}`, {
    ...init,
    headers: { ...(token && { authorization: `Bearer ${token}` }), ...init.headers },
  })
const json = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

describe('the openai SDK throws its own class for', () => {
  const all: [string, () => Promise<unknown>, new (...args: never[]) => Error, object][] = [
    [
      'a wrong key',
      () => new OpenAI({ baseURL: stack.baseURL, apiKey: 'sk-1', maxRetries: 0 }).images.generate({ prompt: 'x' }),
      AuthenticationError,
      { status: 401, code: 'invalid_api_key' },
    ],
    [
      'an unknown model',
      () => openai.images.generate({ prompt: 'x', model: 'flux' }),
      NotFoundError,
      { status: 404, code: 'model_not_found', param: 'model' },
    ],
    ['a missing prompt', () => openai.images.generate({ prompt: '' }), BadRequestError, { param: 'prompt' }],
    [
      'a prompt of nothing',
      () => openai.images.generate({ prompt: '  ' }),
      BadRequestError,
      { param: 'prompt', code: 'instruction_empty' },
    ],
    [
      'a prompt that is far too long',
      () => openai.images.generate({ prompt: 'x'.repeat(32_001) }),
      BadRequestError,
      { param: 'prompt' },
    ],
    ['too many', () => openai.images.generate({ prompt: 'x', n: 11 }), BadRequestError, { param: 'n' }],
    [
      'a size that is none',
      () => openai.images.generate({ prompt: 'x', size: 'huge' as '256x256' }),
      BadRequestError,
      { param: 'size', code: 'invalid_request', type: 'invalid_request_error' },
    ],
    [
      'steps beyond the limits of the model',
      () => openai.images.generate({ prompt: 'x', steps: 5000 } as object as OpenAI.ImageGenerateParamsNonStreaming),
      BadRequestError,
      { param: 'steps', code: 'parameter_out_of_range' },
    ],
    [
      'a file that is no picture',
      async () => openai.images.edit({ prompt: 'x', image: await file(Buffer.from('no picture')) }),
      BadRequestError,
      { param: 'image', code: 'unsupported_image' },
    ],
    [
      'a file that is too long',
      async () => openai.images.edit({ prompt: 'x', image: await file(Buffer.alloc(5000)) }),
      APIError,
      { status: 413, code: 'image_too_large' },
    ],
    [
      'a picture that is too long and narrow',
      async () => openai.images.edit({ prompt: 'x', image: await file(png(200, 4)) }),
      BadRequestError,
      { param: 'image', code: 'image_too_elongated' },
    ],
    [
      'more pictures than the model sees',
      async () =>
        openai.images.edit({
          prompt: 'x',
          image: await Promise.all(Array.from({ length: 10 }, (_, n) => file(png(32 + n, 32)))),
        }),
      BadRequestError,
      { param: 'image', code: 'too_many_images' },
    ],
    [
      'a session of somebody else',
      () =>
        openai.images.generate({
          prompt: 'x',
          session_id: 'ses_0000000000000000',
        } as object as OpenAI.ImageGenerateParamsNonStreaming),
      NotFoundError,
      { param: 'session_id' },
    ],
  ]
  for (const [name, call, kind, fields] of all)
    it(name, async () => {
      const before = await countRows(stack.databaseUrl)
      const error = await call().then(
        () => assert.fail('was not refused'),
        (thrown: unknown) => thrown,
      )
      assert.ok(error instanceof kind, String(error))
      assert.deepEqual(Object.fromEntries(Object.keys(fields).map((key) => [key, (error as any)[key]])), fields)
      assert.equal((error as any).headers.get('x-should-retry'), 'false')
      assert.match((error as any).requestID, /^req_/)
      assert.deepEqual(await countRows(stack.databaseUrl), before, 'something was written')
    })
})

describe('every answer', () => {
  it('that refuses is in the envelope: lost paths, other methods, bodies that are damaged, too long or of another kind', async () => {
    for (const [answer, status] of [
      [await send('/nowhere'), 404],
      [await send('/images/generations'), 405],
      [await send('/images/generations', json('{"prompt"')), 400],
      [await send('/images/generations', json('[]')), 400],
      [await send('/images/generations', json({ prompt: 'x'.repeat(300_000) })), 413],
      [await send('/images/generations', { method: 'POST', body: new FormData() }), 400],
      [
        await send('/images/edits', {
          method: 'POST',
          body: 'x',
          headers: { 'content-type': 'multipart/form-data; boundary=a' },
        }),
        400,
      ],
      [
        await send(
          '/images/edits',
          json({ prompt: 'x', images: [{ image_url: `data:image/png;base64,${'A'.repeat(400_000)}` }] }),
        ),
        413,
      ],
      [await send('/images/edits', json({ prompt: 'x' })), 400],
      [await send('/images/edits', json({ prompt: 'x', images: [{ file_id: 'file-1' }] })), 400],
      [await send('/images/variations', json({ image: 'x' })), 400],
      [await send('/models', {}, ''), 401],
      [await send('/models/none', {}), 404],
    ] as const) {
      const body = (await answer.json()) as any
      assert.deepEqual(Object.keys(body.error).sort(), ['code', 'message', 'param', 'type'])
      assert.deepEqual(
        [answer.status, typeof body.error.message, body.error.type],
        [status, 'string', 'invalid_request_error'],
      )
      assert.match(answer.headers.get('content-type')!, /^application\/json/)
      assert.match(answer.headers.get('x-request-id')!, /^req_/)
    }
  })

  it('has the reason as the phrase of HTTP, for clients that show nothing else', async () => {
    const phrase = await new Promise<string | undefined>((resolve, reject) => {
      const headers = { authorization: `Bearer ${stack.token}`, 'content-type': 'application/json' }
      request(`${stack.baseURL}/images/generations`, { method: 'POST', headers }, (answer) => {
        answer.resume()
        resolve(answer.statusMessage)
      })
        .on('error', reject)
        .end(JSON.stringify({ prompt: 'x', model: 'größer\n' }))
    })
    assert.equal(phrase, 'There is no model "gr er\\n" here. Choose one of GET /openai/v1/models.')
  })

  it('takes the key of Azure, a slash at the end and a version, and lets pages of friends read its headers', async () => {
    const answer = await fetch(`${stack.baseURL}/models/?api-version=2026-01-01`, {
      headers: { 'api-key': stack.token, origin: 'http://friend.example' },
    })
    assert.equal(answer.status, 200)
    const exposed = answer.headers.get('access-control-expose-headers')!.toLowerCase().split(/, ?/)
    for (const name of ['x-request-id', 'retry-after', 'retry-after-ms', 'x-should-retry', 'x-ratelimit-limit'])
      assert.ok(exposed.includes(name), name)
    const asked = 'authorization, x-stainless-retry-count, openai-organization, openai-project, idempotency-key'
    const preflight = await fetch(`${stack.baseURL}/images/generations`, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://friend.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': asked,
      },
    })
    assert.equal(preflight.headers.get('access-control-allow-headers'), asked)
  })

  it('says when to call again, where the limit is one of time', async () => {
    const other = await startDoorStack({
      worker: false,
      environment: { MAX_WAITING_PER_OWNER: '1', RATE_LIMIT_PER_MINUTE: '4' },
      openAi: { waitMs: 100 },
    })
    cleanUp(() => other.close())
    const client = new OpenAI({ baseURL: other.baseURL, apiKey: other.token, maxRetries: 0 })
    await assert.rejects(client.images.generate({ prompt: 'first' }), { status: 504 })
    const refused = async (prompt: string) =>
      client.images.generate({ prompt }).then(
        () => assert.fail('was not refused'),
        (error: unknown) => error as APIError,
      )
    const full = await refused('second')
    assert.ok(full instanceof RateLimitError)
    assert.deepEqual([full.code, full.type], ['queue_full', 'rate_limit_error'])
    assert.ok(Number(full.headers!.get('retry-after')) > 0)
    assert.equal(full.headers!.get('retry-after-ms'), `${full.headers!.get('retry-after')}000`)
    await eventually('the key has sent too much', async () => (await refused('third')).code === 'rate_limited')
    const limited = await refused('fourth')
    assert.ok(Number(limited.headers!.get('retry-after-ms')) > 0)
    assert.ok(limited.headers!.get('x-ratelimit-limit'))
  })
})
