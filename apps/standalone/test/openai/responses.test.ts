import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { createOpenAI } from '@ai-sdk/openai'
import { cleanUpAfterEach, eventually } from '@atelier/testing'
import { generateText } from 'ai'
import OpenAI, { APIError } from 'openai'
import type { Response, ResponseCreateParams, ResponseOutputItem } from 'openai/resources/responses/responses'
import sharp from 'sharp'
import { startDoorStack, type DoorStack } from './door-stack.js'

const cleanUp = cleanUpAfterEach()
let stack: DoorStack
let openai: OpenAI
beforeAll(async () => {
  stack = await startDoorStack()
  openai = new OpenAI({ baseURL: stack.baseURL, apiKey: stack.token, maxRetries: 0 })
})
afterAll(() => stack.close())

const tool = (options: object = {}) => [{ type: 'image_generation' as const, size: '64x64' as const, ...options }]
const model = 'gpt-5.2'
/** Lasts longer than a closed call may take to come again. */
const endless = { size: '512x512' as '1024x1024', steps: 1000 }
/** Steps that last for some seconds here. */
const long = { size: '256x256' as '1024x1024', steps: 500 }

const imageOf = (response: { output: ResponseOutputItem[] }) => {
  const item = response.output[0] as ResponseOutputItem.ImageGenerationCall | undefined
  assert.equal(item?.type, 'image_generation_call', JSON.stringify(response))
  return item!
}
const bytesOf = (item: ResponseOutputItem.ImageGenerationCall) => Buffer.from(item.result!, 'base64')
const ours = (response: unknown) => response as { session_id: string; turn_id: string; generation_id: string }
const lcuOf = async (response: unknown) =>
  (await stack.owner.generations.get(ours(response).generation_id))!.lcu.map(({ instruction }) => instruction)
/** Holds the model until the returned function is called, at the latest to the end of the test. */
async function hold(): Promise<() => void> {
  const letGo = await stack.holdModel()
  cleanUp(letGo)
  return letGo
}
const running = () => eventually('it runs', async () => (await stack.statuses()).includes('running'), 30_000)
const quiet = () =>
  eventually(
    'nothing runs',
    async () => (await stack.statuses()).every((s) => s !== 'queued' && s !== 'running'),
    60_000,
  )

describe('a response', () => {
  it('is a turn, and a chain of them a session whose history the model sees', async () => {
    const first = await openai.responses.create({ model, input: 'a red ball', tools: tool(), metadata: { a: 'b' } })
    assert.deepEqual(
      [first.status, first.object, first.metadata, first.previous_response_id],
      ['completed', 'response', { a: 'b' }, null],
    )
    assert.equal(first.output_text, '')
    assert.equal((await sharp(bytesOf(imageOf(first))).metadata()).width, 64)
    assert.match(first.id, /^resp_/)
    assert.match(imageOf(first).id, /^ig_/)
    assert.equal(first.id.slice(5), ours(first).turn_id.slice(4))
    const second = await openai.responses.create({
      model,
      previous_response_id: first.id,
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'make it green' }] }],
      tools: tool(),
    })
    assert.equal(imageOf(second).action, 'edit')
    const third = await openai.responses.create({
      model,
      previous_response_id: second.id,
      input: 'add a star',
      tools: tool(),
    })
    assert.equal(third.previous_response_id, second.id)
    assert.deepEqual(new Set([first, second, third].map((r) => ours(r).session_id)).size, 1)
    assert.deepEqual(await lcuOf(third), ['make it green', 'add a star'])
    assert.ok(third.usage!.input_tokens > second.usage!.input_tokens && third.usage!.total_tokens > 0)
    const branch = await openai.responses.create({
      model,
      previous_response_id: first.id,
      input: 'make it pink',
      tools: tool(),
    })
    assert.deepEqual(await lcuOf(branch), ['make it pink'])
    const anew = await openai.responses.create({
      model,
      previous_response_id: third.id,
      input: 'a tree',
      tools: tool({ action: 'generate' }),
    })
    assert.equal(imageOf(anew).action, 'generate')
  })

  it('edits pictures that it is sent, and those of an `image_generation_call`, with a mask', async () => {
    const picture = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#123456' } })
      .png()
      .toBuffer()
    const half = await sharp({ create: { width: 32, height: 64, channels: 4, background: '#000' } })
      .extend({ right: 32, background: { r: 0, g: 0, b: 0, alpha: 0 } })
      .png()
      .toBuffer()
    const dataUrl = (bytes: Buffer) => `data:image/png;base64,${bytes.toString('base64')}`
    const content: any = [
      { type: 'input_text', text: 'a hat' },
      { type: 'input_image', image_url: dataUrl(picture), detail: 'auto' },
    ]
    const first = await openai.responses.create({
      model,
      input: [{ role: 'user', content }],
      tools: tool({ input_image_mask: { image_url: dataUrl(half) }, output_format: 'webp' }),
    })
    assert.equal(imageOf(first).output_format, 'webp')
    const { data } = await sharp(bytesOf(imageOf(first)))
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true })
    assert.ok(Math.abs(data[0]! - 0x12) < 8, 'the left half stays')
    const second = await openai.responses.create({
      model,
      input: [
        { role: 'user', content },
        { type: 'image_generation_call', id: imageOf(first).id } as never,
        { role: 'user', content: 'make it green' },
      ],
      tools: tool(),
    })
    assert.deepEqual([ours(second).session_id, second.previous_response_id], [ours(first).session_id, first.id])
    assert.deepEqual(await lcuOf(second), ['a hat', 'make it green'])
  })

  it('streams all its events in order, with previews', async () => {
    const stream = openai.responses.stream({
      model,
      input: 'a ball',
      tools: tool({ ...long, steps: 300, partial_images: 2 }),
    } as never)
    const seen: [string, number][] = []
    stream.on('event', (event) => void seen.push([event.type, event.sequence_number]))
    const done = await stream.finalResponse()
    assert.equal((await sharp(bytesOf(imageOf(done as Response))).metadata()).width, 256)
    assert.deepEqual(seen, [
      ['response.created', 0],
      ['response.in_progress', 1],
      ['response.output_item.added', 2],
      ['response.image_generation_call.in_progress', 3],
      ['response.image_generation_call.generating', 4],
      ['response.image_generation_call.partial_image', 5],
      ['response.image_generation_call.partial_image', 6],
      ['response.image_generation_call.completed', 8],
      ['response.output_item.done', 9],
      ['response.completed', 10],
    ])
  })

  it('in the background is answered at once, read until it ends, and goes on after a cut', async () => {
    const params = {
      model,
      input: 'in the background',
      background: true,
      tools: tool(long),
    } as never as ResponseCreateParams
    const begun = (await openai.responses.create({ ...params, stream: false })) as Response
    assert.deepEqual([begun.status === 'queued' || begun.status === 'in_progress', begun.output], [true, []])
    const stream = await openai.responses.retrieve(begun.id, { stream: true })
    let last = -1
    for await (const event of stream) {
      last = event.sequence_number
      if (event.type === 'response.image_generation_call.generating') break
    }
    assert.equal(last, 4)
    const types = []
    for await (const event of await openai.responses.retrieve(begun.id, { stream: true, starting_after: last }))
      types.push(event.type)
    assert.deepEqual(
      types.filter((type) => !type.endsWith('partial_image')),
      ['response.image_generation_call.completed', 'response.output_item.done', 'response.completed'],
    )
    const read = await openai.responses.retrieve(begun.id)
    assert.equal(read.status, 'completed')
    assert.ok(imageOf(read).result)
    // after its end too, from anywhere
    const again = []
    for await (const event of await openai.responses.retrieve(begun.id, { stream: true, starting_after: 9 }))
      again.push(event.type)
    assert.deepEqual(again, ['response.completed'])
  })

  it('whose stream is cut is cancelled, unless somebody reads on in time', async () => {
    const cut = async (input: string, steps: object) => {
      const stream = await openai.responses.create({
        model,
        input,
        stream: true,
        tools: tool(steps),
      } as never as ResponseCreateParams & { stream: true })
      for await (const event of stream) if (event.type === 'response.created') return event.response.id
      throw new Error('the stream began with nothing')
    }
    const lost = await cut('nobody reads on', endless)
    await eventually(
      'it is cancelled',
      async () => (await openai.responses.retrieve(lost)).status === 'cancelled',
      30_000,
    )
    const kept = await cut('somebody reads on', long)
    const types = []
    for await (const event of await openai.responses.retrieve(kept, { stream: true, starting_after: 4 }))
      types.push(event.type)
    assert.equal(types.at(-1), 'response.completed')
  })

  it('can be cancelled and deleted', async () => {
    await quiet()
    const begun = (await openai.responses.create({
      model,
      input: 'to be cancelled',
      background: true,
      tools: tool({ ...long, steps: 1000 }),
    } as never)) as Response
    const reading = openai.responses.retrieve(begun.id, { stream: true })
    await running()
    const cancelled = await openai.responses.cancel(begun.id)
    assert.equal(cancelled.status, 'cancelled')
    const events = []
    for await (const event of await reading) events.push(event)
    const last = events.at(-1)!
    assert.equal(last.type === 'response.failed' && last.response.status, 'cancelled')
    const first = await openai.responses.create({ model, input: 'first', tools: tool() })
    const second = await openai.responses.create({
      model,
      input: 'second',
      previous_response_id: first.id,
      tools: tool(),
    })
    await assert.rejects(openai.responses.delete(first.id), { status: 409, code: 'in_use' })
    await openai.responses.delete(second.id)
    await openai.responses.delete(first.id)
    await assert.rejects(openai.responses.retrieve(first.id), { status: 404, code: 'not_found' })
    assert.equal((await openai.responses.cancel(begun.id)).status, 'cancelled', 'a second time')
  })

  it('that comes again makes one generation', async () => {
    await quiet()
    const before = (await stack.statuses()).length
    let calls = 0
    const counted = (...args: Parameters<typeof fetch>) => {
      calls += 1
      return fetch(...args)
    }
    const patient = openai.withOptions({ maxRetries: 8, timeout: 1500, fetch: counted })
    const letGo = await hold()
    const params = { model, input: 'timed out', tools: tool() } as never as ResponseCreateParams
    const answer = patient.responses.create({ ...params, stream: false })
    await eventually('it comes again', () => calls > 1)
    letGo()
    assert.equal(((await answer) as Response).status, 'completed')
    assert.equal((await stack.statuses()).length, before + 1)
  })

  it('that the server leaves ends with an error', async () => {
    await quiet()
    const letGo = await hold()
    const stream = await openai.responses.create({
      model,
      input: 'left',
      stream: true,
      background: true,
      tools: tool(),
    } as never as ResponseCreateParams & { stream: true })
    let id = ''
    const reading = (async () => {
      for await (const event of stream) if (event.type === 'response.created') id = event.response.id
    })()
    const read = assert.rejects(reading, (error) => error instanceof APIError && error.code === 'unavailable')
    await eventually('it has begun', () => id)
    await stack.restartApi()
    await read
    letGo()
    const types = []
    for await (const event of await openai.responses.retrieve(id, { stream: true, starting_after: 4 }))
      types.push(event.type)
    assert.equal(types.at(-1), 'response.completed')
  })
})

describe('the Vercel AI SDK', () => {
  it('gets a picture as the result of its tool', async () => {
    const provider = createOpenAI({ baseURL: stack.baseURL, apiKey: stack.token })
    const { staticToolResults } = await generateText({
      model: provider.responses(model),
      prompt: 'a red ball',
      tools: { image_generation: provider.tools.imageGeneration({ size: 'auto' }) },
    })
    const [result] = staticToolResults
    assert.equal(result?.toolName, 'image_generation')
    assert.equal((await sharp(Buffer.from(result!.output.result, 'base64')).metadata()).format, 'png')
  })
})
