import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { countRows } from '@atelier/testing'
import OpenAI, { BadRequestError, NotFoundError, type APIError } from 'openai'
import { startDoorStack, type DoorStack } from './door-stack.js'

let stack: DoorStack
let openai: OpenAI
beforeAll(async () => {
  stack = await startDoorStack()
  openai = new OpenAI({ baseURL: stack.baseURL, apiKey: stack.token, maxRetries: 0 })
})
afterAll(() => stack.close())

const tool = (options: object = {}) => [{ type: 'image_generation' as const, size: '64x64' as const, ...options }]
const model = 'gpt-5.2'

describe('a call for a response that is wrong', () => {
  const cases: [string, object, typeof BadRequestError | typeof NotFoundError, object][] = [
    ['without the tool', { input: 'x', tools: [{ type: 'web_search' }] }, BadRequestError, { param: 'tools' }],
    [
      'with a tool of wrong values',
      { input: 'x', tools: tool({ partial_images: 9 }) },
      BadRequestError,
      { param: 'partial_images' },
    ],
    ['without text', { input: [{ role: 'user', content: [] }], tools: tool() }, BadRequestError, { param: 'input' }],
    [
      'behind none',
      { input: 'x', previous_response_id: 'resp_0000000000000000', tools: tool() },
      NotFoundError,
      { param: 'previous_response_id' },
    ],
    [
      'behind what is none',
      { input: 'x', previous_response_id: 'resp_x', tools: tool() },
      NotFoundError,
      { param: 'previous_response_id' },
    ],
    ['of an unknown model', { input: 'x', model: 'flux', tools: tool() }, NotFoundError, { code: 'model_not_found' }],
    ['that edits nothing', { input: 'x', tools: tool({ action: 'edit' }) }, BadRequestError, { param: 'input' }],
    [
      'with a picture of nobody',
      {
        input: [
          { type: 'image_generation_call', id: 'ig_0000000000000000' },
          { role: 'user', content: 'x' },
        ],
        tools: tool(),
      },
      BadRequestError,
      { param: 'input', code: 'unknown_image' },
    ],
    [
      'with a file that is no picture',
      {
        input: [
          {
            role: 'user',
            content: [
              { type: 'input_text', text: 'x' },
              { type: 'input_image', image_url: 'data:image/png;base64,AAAA' },
            ],
          },
        ],
        tools: tool(),
      },
      BadRequestError,
      { param: 'input', code: 'unsupported_image' },
    ],
  ]
  for (const [name, params, kind, fields] of cases)
    it(`${name} is refused, and nothing is written`, async () => {
      const before = await countRows(stack.databaseUrl)
      const error = await openai.responses.create({ model, ...params } as never).then(
        () => assert.fail('was not refused'),
        (thrown: unknown) => thrown as APIError,
      )
      assert.ok(error instanceof kind, String(error))
      assert.deepEqual(Object.fromEntries(Object.keys(fields).map((key) => [key, (error as any)[key]])), fields)
      assert.deepEqual(await countRows(stack.databaseUrl), before)
    })

  it('is not answered with what is somebody else’s', async () => {
    const mine = await openai.responses.create({ model, input: 'mine', tools: tool() })
    const stranger = new OpenAI({ baseURL: stack.baseURL, apiKey: stack.strangerToken, maxRetries: 0 })
    for (const call of [
      () => stranger.responses.retrieve(mine.id),
      () => stranger.responses.delete(mine.id),
      () => stranger.responses.cancel(mine.id),
      () => stranger.responses.create({ model, input: 'x', previous_response_id: mine.id, tools: tool() }),
    ])
      await assert.rejects(call(), NotFoundError)
  })
})
