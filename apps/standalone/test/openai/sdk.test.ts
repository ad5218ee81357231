import assert from 'node:assert/strict'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { cleanUpAfterEach } from '@atelier/testing'
import OpenAI, { toFile } from 'openai'
import sharp from 'sharp'
import { startDoorStack, type DoorStack } from './door-stack.js'

/** What of an answer is ours. */
interface Ours {
  image_id: string
  session_id: string
  turn_id: string
  generation_id: string
  seed: number
}
const ours = (image: unknown) => image as Ours

const cleanUp = cleanUpAfterEach()
let stack: DoorStack
let openai: OpenAI
beforeAll(async () => {
  stack = await startDoorStack()
  openai = new OpenAI({ baseURL: stack.baseURL, apiKey: stack.token, maxRetries: 0 })
})
afterAll(() => stack.close())

const png = (width: number, height: number, background = '#c33') =>
  sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer()
const bytesOf = (image: { b64_json?: string } | undefined) => Buffer.from(image!.b64_json!, 'base64')
const lcuOf = async (id: string) => (await stack.owner.generations.get(id))!.lcu

describe('the openai SDK', () => {
  it('makes a picture, which is a session of the owner with one turn', async () => {
    const answer = await openai.images.generate({ prompt: 'a red ball', size: '128x64', model: 'gpt-image-1' })
    const [image] = answer.data!
    const { width, height, format } = await sharp(bytesOf(image)).metadata()
    assert.deepEqual([width, height, format], [128, 64, 'png'])
    assert.deepEqual(
      [answer.size, answer.output_format, answer.quality, answer.background],
      ['128x64', 'png', 'medium', 'opaque'],
    )
    assert.ok(Math.abs(answer.created - Date.now() / 1000) < 60)
    assert.equal(answer.usage!.total_tokens, answer.usage!.input_tokens + answer.usage!.output_tokens)
    assert.equal(answer.usage!.output_tokens, 32)
    const { session_id: sessionId, turn_id: turnId, image_id: imageId, seed } = ours(image)
    const { session, page } = (await stack.owner.sessions.getWithTurns(sessionId, { limit: 10 }))!
    assert.deepEqual([session.title, page.turns.map(({ id }) => id)], ['a red ball', [turnId]])
    const [generation] = page.turns[0]!.generations
    assert.deepEqual([generation!.images[0]!.id, generation!.seed, generation!.model], [imageId, seed, 'tiny'])
  })

  it('makes several at once, in other formats, by their addresses, with parameters of ours', async () => {
    const several = await openai.images.generate({
      prompt: 'a ball',
      n: 6,
      size: '64x64',
      output_format: 'webp',
      output_compression: 50,
      quality: 'low',
      seed: 7,
    } as OpenAI.ImageGenerateParamsNonStreaming)
    assert.deepEqual(
      several.data!.map((image) => ours(image).seed),
      [7, 8, 9, 10, 11, 12],
    )
    assert.equal(new Set(several.data!.map((image) => ours(image).turn_id)).size, 1)
    assert.deepEqual([several.output_format, several.quality], ['webp', 'low'])
    for (const image of several.data!) assert.equal((await sharp(bytesOf(image)).metadata()).format, 'webp')
    const [{ parameters }] = [(await stack.owner.generations.get(ours(several.data![0]).generation_id))!]
    assert.equal(parameters.steps, 2)
    const linked = await openai.images.generate({ prompt: 'a ball', size: 'auto', response_format: 'url' })
    assert.equal(linked.data![0]!.b64_json, undefined)
    const fetched = await fetch(linked.data![0]!.url!)
    assert.equal((await sharp(Buffer.from(await fetched.arrayBuffer())).metadata()).format, 'png')
  })

  it('edits what it sends, and again: the history is seen without any id', async () => {
    const made = await openai.images.generate({ prompt: 'a red ball', size: '64x64' })
    const file = () => toFile(bytesOf(made.data![0]), 'any name.png', { type: 'image/png' })
    const edited = await openai.images.edit({ image: [await file()], prompt: 'make it green' })
    assert.equal(ours(edited.data![0]).session_id, ours(made.data![0]).session_id)
    const again = await openai.images.edit({
      image: [await toFile(bytesOf(edited.data![0]), 'b.png'), await file()],
      prompt: 'add a star',
    })
    const lcu = await lcuOf(ours(again.data![0]).generation_id)
    assert.deepEqual(
      lcu.map(({ instruction }) => instruction),
      ['make it green', 'add a star'],
    )
    // the older picture is in the history already
    assert.deepEqual(
      lcu.map(({ images }) => images.map(({ imageId }) => imageId)),
      [[ours(made.data![0]).image_id], [ours(edited.data![0]).image_id]],
    )
    const { page } = (await stack.owner.sessions.getWithTurns(ours(made.data![0]).session_id, { limit: 10 }))!
    assert.equal(page.turns.length, 3)
    const { count } = (await stack.sql<{ count: string }>("SELECT COUNT(*) FROM images WHERE kind = 'uploaded'"))[0]!
    assert.equal(count, '0', 'a picture of ours is not stored again')
  })

  it('edits a picture of another origin in a session of its own, by a stream of a file too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'atelier sdk '))
    cleanUp(() => rm(folder, { recursive: true }))
    await writeFile(join(folder, 'a'), await png(96, 64))
    const edited = await openai.images.edit({ image: createReadStream(join(folder, 'a')), prompt: 'make it blue' })
    assert.equal(edited.size, '96x64')
    const again = await openai.images.edit({ image: createReadStream(join(folder, 'a')), prompt: 'make it pink' })
    assert.notEqual(ours(again.data![0]).session_id, ours(edited.data![0]).session_id)
  })

  it('edits what a mask leaves transparent, and nothing else', async () => {
    const image = await png(64, 64, '#123456')
    // transparent on the right half
    const half = await sharp({ create: { width: 32, height: 64, channels: 4, background: '#000' } })
      .extend({ right: 32, background: { r: 0, g: 0, b: 0, alpha: 0 } })
      .png()
      .toBuffer()
    const edited = await openai.images.edit({
      image: await toFile(image, 'i.png'),
      mask: await toFile(half, 'm.png'),
      prompt: 'a hat',
    })
    const pixels = await sharp(bytesOf(edited.data![0])).removeAlpha().raw().toBuffer()
    const at = (x: number) => [...pixels.subarray((20 * 64 + x) * 3, (20 * 64 + x) * 3 + 3)]
    assert.deepEqual(at(5), [0x12, 0x34, 0x56])
    assert.notDeepEqual(at(58), [0x12, 0x34, 0x56])
    const [unit] = await lcuOf(ours(edited.data![0]).generation_id)
    assert.equal(unit!.images[0]!.maskMode, 'keep')
    for (const [sent, code] of [
      [await png(64, 64, '#fff'), 'mask_full'],
      [await png(64, 64, '#000'), 'mask_empty'],
      [await sharp(half).resize(32, 32).png().toBuffer(), 'mask_size_mismatch'],
      [Buffer.from('no picture'), 'unsupported_image'],
    ] as const) {
      const refused = openai.images.edit({
        image: await toFile(image, 'i.png'),
        mask: await toFile(sent, 'm.png'),
        prompt: 'a hat',
      })
      await assert.rejects(refused, { status: 400, code, param: 'mask', type: 'invalid_request_error' })
    }
  })

  it('streams previews, then the picture, of each of several', async () => {
    const stream = await openai.images.generate({
      prompt: 'a ball',
      size: '256x256',
      stream: true,
      partial_images: 2,
      n: 2,
      // so many that one is seen in each third of them, although this process may stand still for a while
      steps: 300,
    } as OpenAI.ImageGenerateParamsStreaming)
    const events = []
    for await (const event of stream) events.push(event)
    const completed = events.filter((event) => event.type === 'image_generation.completed')
    assert.deepEqual(
      new Set(completed.map((event) => (event as unknown as { output_index: number }).output_index)),
      new Set([0, 1]),
    )
    for (const { usage, b64_json } of completed) {
      assert.ok(usage.output_tokens > 0)
      assert.equal((await sharp(Buffer.from(b64_json, 'base64')).metadata()).width, 256)
    }
    const partial = events.filter((event) => event.type === 'image_generation.partial_image')
    assert.deepEqual(
      partial.map(({ partial_image_index }) => partial_image_index),
      [0, 1, 0, 1],
    )
    for (const { b64_json, size } of partial) {
      assert.equal(size, '256x256')
      assert.equal((await sharp(Buffer.from(b64_json, 'base64')).metadata()).width, 256)
    }
    assert.equal(events.at(-1)!.type, 'image_generation.completed')
  })

  it('streams an edit', async () => {
    const stream = await openai.images.edit({
      image: await toFile(await png(64, 64), 'i.png'),
      prompt: 'x',
      stream: true,
      partial_images: 0,
    })
    const types = []
    for await (const event of stream) types.push(event.type)
    assert.deepEqual(types, ['image_edit.completed'])
  })

  it('varies a picture, and lists the models', async () => {
    const varied = await openai.images.createVariation({ image: await toFile(await png(64, 64), 'i.png'), n: 2 })
    assert.equal(varied.data!.length, 2)
    const ids = []
    for await (const model of openai.models.list()) ids.push(model.id)
    assert.deepEqual(ids, ['tiny', 'gpt-image-1', 'dall-e-3', 'dall-e-2'])
    for (const name of ['tiny', 'dall-e-3', 'gpt-image-9']) assert.equal((await openai.models.retrieve(name)).id, name)
    await assert.rejects(openai.models.retrieve('gpt-5'), { status: 404, code: 'model_not_found' })
  })
})
