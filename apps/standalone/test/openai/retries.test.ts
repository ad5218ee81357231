import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, it } from '@jest/globals'
import { cleanUpAfterEach, eventually } from '@atelier/testing'
import OpenAI, { APIError } from 'openai'
import { startDoorStack, type DoorStack } from './door-stack.js'

const cleanUp = cleanUpAfterEach()
/** Made at once, unless the model is held. */
const short = { size: '64x64' } as const
/** Lasts longer than a closed call may take to come again. */
const endless = { size: '512x512', steps: 1000 } as const
/** How long a closed call may come again. */
const grace = 10_000

let stack: DoorStack
let openai: OpenAI
beforeAll(async () => {
  stack = await startDoorStack()
  openai = new OpenAI({ baseURL: stack.baseURL, apiKey: stack.token, maxRetries: 0 })
})
afterAll(() => stack.close())
/** Generations that were there before a test. */
let before = 0
beforeEach(async () => {
  await eventually(
    'nothing runs',
    async () => (await stack.statuses()).every((s) => s !== 'queued' && s !== 'running'),
    60_000,
  )
  before = (await stack.statuses()).length
})
const statuses = async () => (await stack.statuses()).slice(before)

const post = (
  body: object,
  { headers = {}, signal }: { headers?: Record<string, string>; signal?: AbortSignal } = {},
) =>
  fetch(`${stack.baseURL}/images/generations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  })
/** Holds the model until the returned function is called, at the latest to the end of the test. */
async function hold(): Promise<() => void> {
  const letGo = await stack.holdModel()
  cleanUp(letGo)
  return letGo
}
function countCalls() {
  let calls = 0
  const counted: typeof fetch = (...args) => {
    calls += 1
    return fetch(...args)
  }
  return { fetch: counted, calls: () => calls }
}
const running = () => eventually('it runs', async () => (await statuses())[0] === 'running')
/** How many callers wait for the newest turn. */
const waiting = async () => {
  const [row] = await stack.sql<{ callers: number }>(
    'SELECT callers FROM idempotency_keys ORDER BY created_at DESC LIMIT 1',
  )
  return row!.callers
}
const idOf = async (answer: Response) => ((await answer.json()) as any).data[0].generation_id as string

describe('a call that comes again', () => {
  it('because it took too long makes one generation, and the last try gets its picture', async () => {
    const { fetch: counted, calls } = countCalls()
    const patient = openai.withOptions({ maxRetries: 8, timeout: 1500, fetch: counted })
    const letGo = await hold()
    const answer = patient.images.generate({ prompt: 'timed out', ...short } as OpenAI.ImageGenerateParamsNonStreaming)
    await eventually('it comes again', () => calls() > 1)
    letGo()
    assert.equal((await answer).data!.length, 1)
    assert.deepEqual(await statuses(), ['succeeded'])
  })

  it('with the same Idempotency-Key gets the same picture, also after it arrived', async () => {
    const headers = { 'idempotency-key': 'mine' }
    const body = { prompt: 'with a key', size: '64x64' }
    const all = await Promise.all([post(body, { headers }), post(body, { headers })])
    const ids = [...(await Promise.all(all.map(idOf))), await idOf(await post(body, { headers }))]
    assert.equal(new Set(ids).size, 1)
    assert.deepEqual(await statuses(), ['succeeded'])
    const other = await post({ ...body, prompt: 'another' }, { headers })
    assert.deepEqual([other.status, ((await other.json()) as any).error.code], [409, 'idempotency_conflict'])
    assert.equal(other.headers.get('x-should-retry'), 'false')
  })

  it('without any mark joins while the first one runs, and gets what did not arrive', async () => {
    const letGo = await hold()
    const body = { prompt: 'unmarked', ...short }
    const leaving = new AbortController()
    const first = post(body, { signal: leaving.signal })
    await running()
    // not a second wish of the same moment
    await sleep(300)
    const second = post(body)
    await eventually('both wait', async () => (await waiting()) === 2)
    leaving.abort()
    await assert.rejects(first)
    letGo()
    assert.equal((await second).status, 200)
    assert.deepEqual(await statuses(), ['succeeded'])
  })

  it('after its answer arrived is a new wish, unless the client says that it repeats it', async () => {
    // so many steps that the next one does not come at the same moment
    const body = { prompt: 'once more', ...short, steps: 300 }
    const first = await idOf(await post(body))
    const repeated = await idOf(await post(body, { headers: { 'x-stainless-retry-count': '1' } }))
    assert.equal(repeated, first)
    const second = await idOf(await post(body))
    const third = await idOf(await post(body))
    assert.equal(new Set([first, second, third]).size, 3)
    assert.equal((await statuses()).length, 3)
  })

  it('at the same moment is a second wish: clients ask so for several pictures', async () => {
    const body = { prompt: 'two of them', size: '64x64' }
    const ids = await Promise.all((await Promise.all([post(body), post(body)])).map(idOf))
    assert.equal(new Set(ids).size, 2)
  })

  it('after it failed is tried again', async () => {
    const letGo = await hold()
    const body = { prompt: 'cancelled', ...short }
    const first = post(body)
    const [row] = await eventually('it runs', async () => {
      const rows = await stack.sql<{ id: string }>("SELECT id FROM generations WHERE status = 'running'")
      return rows.length && rows
    })
    await stack.owner.generations.cancel(row!.id)
    letGo()
    const answer = await first
    const { error } = (await answer.json()) as any
    assert.deepEqual([answer.status, error.code, error.generation_id], [500, 'generation_cancelled', row!.id])
    assert.equal(answer.headers.get('x-should-retry'), 'false')
    const again = await idOf(await post(body, { headers: { 'x-stainless-retry-count': '1' } }))
    assert.notEqual(again, row!.id)
  })

  it('to another process, after the first one stopped, gets the picture', async () => {
    const retrying = openai.withOptions({ maxRetries: 20 })
    const letGo = await hold()
    const answer = retrying.images.generate({ prompt: 'restart', ...short } as OpenAI.ImageGenerateParamsNonStreaming)
    await running()
    await stack.restartApi()
    letGo()
    assert.equal((await answer).data!.length, 1)
    assert.deepEqual(await statuses(), ['succeeded'])
  })
})

describe('a closed connection', () => {
  it('cancels what a stream was reading, at once', async () => {
    const other = await startDoorStack({ openAi: { graceMs: 600_000 } })
    cleanUp(() => other.close())
    const client = new OpenAI({ baseURL: other.baseURL, apiKey: other.token })
    const stream = await client.images.generate({
      prompt: 'a break',
      ...endless,
      stream: true,
      partial_images: 2,
    } as OpenAI.ImageGenerateParamsStreaming)
    for await (const event of stream) {
      assert.equal(event.type, 'image_generation.partial_image')
      break
    }
    await eventually('it is cancelled', async () => (await other.statuses())[0] === 'cancelled')
  })

  it('cancels what a call waited for, when nobody calls again', async () => {
    const leaving = new AbortController()
    const call = post({ prompt: 'gone', ...endless }, { signal: leaving.signal })
    await running()
    leaving.abort()
    await assert.rejects(call)
    const began = Date.now()
    await eventually('it is cancelled', async () => (await statuses())[0] === 'cancelled', 30_000)
    assert.ok(Date.now() - began > grace - 1000)
  })

  it('cancels nothing when the settings say so', async () => {
    const other = await startDoorStack({ openAi: { graceMs: 50 }, environment: { OPENAI_CANCEL_ON_CLOSE: 'false' } })
    cleanUp(() => other.close())
    const client = new OpenAI({ baseURL: other.baseURL, apiKey: other.token })
    const stream = await client.images.generate({
      prompt: 'kept',
      size: '256x256',
      steps: 300,
      stream: true,
      partial_images: 1,
    } as OpenAI.ImageGenerateParamsStreaming)
    for await (const _ of stream) break
    await eventually('it ends', async () => !['queued', 'running'].includes((await other.statuses())[0]!), 120_000)
    assert.deepEqual(await other.statuses(), ['succeeded'])
  })
})

describe('a call that waits', () => {
  it('ends when it took too long, and names the generation, which goes on', async () => {
    const other = await startDoorStack({ openAi: { waitMs: 500 }, worker: false })
    cleanUp(() => other.close())
    const { fetch: counted, calls } = countCalls()
    const client = new OpenAI({ baseURL: other.baseURL, apiKey: other.token, fetch: counted })
    await assert.rejects(client.images.generate({ prompt: 'slow' }), (error: any) => {
      assert.deepEqual([error.status, error.code, error.type], [504, 'timeout', 'server_error'])
      assert.match(error.error.generation_id, /^gen_/)
      return true
    })
    assert.equal(calls(), 1, 'it is not tried again')
    assert.deepEqual(await other.statuses(), ['queued'])
  })

  it('on a stream ends with an error when the server stops', async () => {
    await hold()
    const stream = await openai.images.generate({
      prompt: 'stopped',
      ...short,
      stream: true,
      partial_images: 1,
    } as OpenAI.ImageGenerateParamsStreaming)
    const reading = (async () => {
      for await (const _ of stream);
    })()
    const read = assert.rejects(reading, (error: any) => error instanceof APIError && error.code === 'unavailable')
    await running()
    await stack.restartApi()
    await read
  })
})
