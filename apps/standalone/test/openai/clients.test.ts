import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { cleanUpAfterEach } from '@atelier/testing'
import { generateImage, type ImageModel } from 'ai'
import sharp from 'sharp'
import { startDoorStack, type DoorStack } from './door-stack.js'

const cleanUp = cleanUpAfterEach()
let stack: DoorStack
beforeAll(async () => {
  stack = await startDoorStack()
})
afterAll(() => stack.close())

let shade = 0
/** A picture that no other call gives. */
const png = (width = 64, height = 64) =>
  sharp({ create: { width, height, channels: 3, background: { r: 200, g: (shade += 1), b: 50 } } })
    .png()
    .toBuffer()
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** A part of a form as programs send it that use no SDK. */
type Part = [name: string, value: string | Uint8Array, fileName?: string]

async function post(path: string, body: Part[] | object, { url = stack.baseURL, token = stack.token } = {}) {
  const form = new FormData()
  if (Array.isArray(body))
    for (const [name, value, fileName] of body as Part[])
      if (typeof value === 'string') form.append(name, value)
      else
        form.append(name, new Blob([value as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' }), fileName)
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, ...(!Array.isArray(body) && { 'content-type': 'application/json' }) },
    body: Array.isArray(body) ? form : JSON.stringify(body),
  })
  return { status: answer.status, body: (await answer.json()) as any }
}
const made = ({ status, body }: Awaited<ReturnType<typeof post>>, index = 0) => {
  assert.equal(status, 200, JSON.stringify(body))
  return { ...body.data[index], bytes: Buffer.from(body.data[index].b64_json, 'base64') }
}
const lcuOf = async (id: string) => (await stack.owner.generations.get(id))!.lcu.map(({ instruction }) => instruction)

describe('the Vercel AI SDK', () => {
  const providers: [string, () => ImageModel][] = [
    ['@ai-sdk/openai', () => createOpenAI({ baseURL: stack.baseURL, apiKey: stack.token }).image('gpt-image-1')],
    // one picture a call, so several calls at once
    [
      '@ai-sdk/openai, with a name that it does not know',
      () => createOpenAI({ baseURL: stack.baseURL, apiKey: stack.token }).image('tiny'),
    ],
    [
      '@ai-sdk/openai-compatible',
      () => createOpenAICompatible({ name: 'atelier', baseURL: stack.baseURL, apiKey: stack.token }).imageModel('tiny'),
    ],
  ]
  for (const [name, model] of providers)
    it(`makes two, edits one with a mask, and edits again with the history in view: ${name}`, async () => {
      const { images } = await generateImage({
        model: model(),
        prompt: 'a red ball',
        n: 2,
        size: '64x64',
        maxRetries: 0,
      })
      assert.equal(images.length, 2)
      assert.equal(new Set(images.map(({ uint8Array }) => sha256(uint8Array))).size, 2)
      const half = await sharp({ create: { width: 32, height: 64, channels: 4, background: '#000' } })
        .extend({ right: 32, background: { r: 0, g: 0, b: 0, alpha: 0 } })
        .png()
        .toBuffer()
      const edited = await generateImage({
        model: model(),
        prompt: { text: 'a hat', images: [images[0]!.uint8Array], mask: half },
        maxRetries: 0,
      })
      assert.equal((await sharp(Buffer.from(edited.image.uint8Array)).metadata()).width, 64)
      const turns = await stack.sql<{ session_id: string; mask_id: string }>(
        'SELECT t.session_id, i.mask_id FROM turns t JOIN turn_images i ON i.turn_id = t.id ORDER BY t.created_at DESC, t.id LIMIT 1',
      )
      assert.ok(turns[0]!.mask_id)
      const known = await stack.owner.images.findMade(sha256(images[0]!.uint8Array))
      const generation = await stack.owner.generations.get(known!.generationId!)
      assert.equal(generation!.sessionId, turns[0]!.session_id)
      const again = await generateImage({
        model: model(),
        prompt: { text: 'make it blue', images: [edited.image.uint8Array] },
        maxRetries: 0,
      })
      const last = await stack.owner.images.findMade(sha256(again.image.uint8Array))
      assert.deepEqual(await lcuOf(last!.generationId!), ['a hat', 'make it blue'])
    })
})

describe('Open WebUI', () => {
  it('sends lists, no model, words for nothing, and the newest picture first: its chat is one session', async () => {
    const first = made(
      await post('/images/generations', { model: '', prompt: 'a ball', n: 1, size: '64x64', response_format: null }),
    )
    const edit = (prompt: string, pictures: Uint8Array[]) =>
      post('/images/edits', [
        ['model', 'None'],
        ['prompt', prompt],
        ['n', '1'],
        ['size', ''],
        ['background', 'undefined'],
        ...pictures.map((bytes): Part => ['image[]', bytes, `${crypto.randomUUID()}.png`]),
      ])
    const second = made(await edit('make it green', [first.bytes]))
    const third = made(await edit('make it night', [second.bytes, first.bytes]))
    assert.equal(third.session_id, first.session_id)
    assert.deepEqual(await lcuOf(third.generation_id), ['make it green', 'make it night'])
    // going back to an older picture is a branch
    const branch = made(await edit('make it pink', [first.bytes]))
    assert.deepEqual([branch.session_id, await lcuOf(branch.generation_id)], [first.session_id, ['make it pink']])
  })
})

describe('LibreChat', () => {
  it('sends no format, and reads base64', async () => {
    const { b64_json } = made(
      await post('/images/edits', [
        ['image[]', await png(), 'x.png'],
        ['prompt', 'x'],
        ['model', 'gpt-image-1'],
        ['quality', 'high'],
        ['size', '1024x1024'],
      ]),
    )
    assert.ok(b64_json)
  })
})

describe('a form', () => {
  it('may name its picture `image`, `image[]` or `image[0]`, before or after its texts', async () => {
    for (const name of ['image', 'image[]', 'image[0]']) {
      made(
        await post('/images/edits', [
          [name, await png(), 'blob'],
          ['prompt', 'x'],
          ['seed', '5'],
          ['stream', 'false'],
        ]),
      )
    }
    const { body } = await post('/images/edits', [
      ['picture', await png(), 'blob'],
      ['prompt', 'x'],
    ])
    assert.deepEqual([body.error.param, body.error.code], ['picture', 'invalid_request'])
    const text = await post('/images/edits', [
      ['image', 'x'],
      ['prompt', 'x'],
    ])
    assert.deepEqual([text.status, text.body.error.param], [400, 'image'])
    const nul = await post('/images/edits', [
      ['image', await png(), 'blob'],
      ['prompt', 'a\0b'],
    ])
    assert.deepEqual([nul.status, nul.body.error.param], [400, 'prompt'])
  })
})

describe('an edit in JSON', () => {
  const dataUrl = (bytes: Buffer) => `data:image/png;base64,${bytes.toString('base64')}`

  it('takes pictures and masks as `data:` URLs, and images of the owner by their ids', async () => {
    const picture = await png()
    const mask = await sharp({ create: { width: 32, height: 64, channels: 3, background: '#fff' } })
      .extend({ right: 32, background: '#000' })
      .png()
      .toBuffer()
    const edited = made(
      await post('/images/edits', {
        prompt: 'x',
        images: [{ image_url: dataUrl(picture) }],
        mask: { image_url: dataUrl(mask) },
        mask_mode: 'erase',
      }),
    )
    const generation = (await stack.owner.generations.get(edited.generation_id))!
    assert.equal(generation.lcu[0]!.images[0]!.maskMode, 'erase')
    const again = made(await post('/images/edits', { prompt: 'y', images: [{ file_id: edited.image_id }] }))
    assert.equal(again.session_id, edited.session_id)
    const stranger = await post(
      '/images/edits',
      { prompt: 'y', images: [{ file_id: edited.image_id }] },
      { token: stack.strangerToken },
    )
    assert.deepEqual(
      [stranger.status, stranger.body.error.code, stranger.body.error.param],
      [400, 'unknown_image', 'image'],
    )
  })

  it('fetches nothing from private addresses', async () => {
    for (const image_url of [
      `${stack.url}/health/live`,
      'http://localhost:9/',
      'http://169.254.169.254/latest',
      'http://[::1]/',
      'http://2130706433/',
      'file:///etc/passwd',
      'data:image/png,x',
    ]) {
      const { status, body } = await post('/images/edits', { prompt: 'x', images: [{ image_url }] })
      assert.deepEqual([status, body.error.param, body.error.code], [400, 'image', 'invalid_request'], image_url)
      assert.doesNotMatch(body.error.message, /ECONN|root:/)
    }
  })
})

describe('a picture of ours', () => {
  it('is nobody else’s', async () => {
    const mine = made(await post('/images/generations', { prompt: 'mine', size: '64x64' }))
    const theirs = made(
      await post(
        '/images/edits',
        [
          ['image', mine.bytes, 'a.png'],
          ['prompt', 'x'],
        ],
        { token: stack.strangerToken },
      ),
    )
    assert.notEqual(theirs.session_id, mine.session_id)
  })

  it('begins a new session where the settings say so, unless the call names one', async () => {
    const other = await startDoorStack({
      environment: { OPENAI_HISTORY: 'false', OPENAI_MODEL_ALIASES: 'mine, their=tiny', OPENAI_REMOTE_IMAGES: 'false' },
    })
    cleanUp(() => other.close())
    const to = { url: other.baseURL, token: other.token }
    const first = made(await post('/images/generations', { prompt: 'a ball', size: '64x64', model: 'mine' }, to))
    const second = made(
      await post(
        '/images/edits',
        [
          ['image', first.bytes, 'a'],
          ['prompt', 'green'],
          ['model', 'their'],
        ],
        to,
      ),
    )
    assert.notEqual(second.session_id, first.session_id)
    const third = made(
      await post(
        '/images/edits',
        [
          ['image', first.bytes, 'a'],
          ['prompt', 'pink'],
          ['session_id', first.session_id],
        ],
        to,
      ),
    )
    assert.equal(third.session_id, first.session_id)
    assert.equal((await post('/images/generations', { prompt: 'x', model: 'gpt-image-1' }, to)).status, 404)
    const remote = await post(
      '/images/edits',
      { prompt: 'x', images: [{ image_url: 'https://example.org/a.png' }] },
      to,
    )
    assert.match(remote.body.error.message, /fetches no pictures/)
  })

  it('shows what the model read of a prompt that is too long for it', async () => {
    const long = made(await post('/images/generations', { prompt: 'a red ball '.repeat(2000), size: '64x64' }))
    assert.ok(long.revised_prompt.length < 2000 && long.revised_prompt.startsWith('a red ball'))
    const { instruction } = (await stack.owner.turns.get(long.turn_id))!
    assert.equal(instruction.length, 2000)
  })
})
