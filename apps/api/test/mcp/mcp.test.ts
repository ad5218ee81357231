import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { cleanUpAfterEach, eventually } from '@atelier/testing'
import type { ProgressEvent } from '@atelier/contracts'
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { pino } from 'pino'
import { png, startTestApi, uploaded, type Person, type TestApi } from '../support/test-api.js'

const cleanUp = cleanUpAfterEach()

let api: TestApi
let url: URL
const heard: ((progress: ProgressEvent) => void)[] = []
const report = (progress: ProgressEvent) => heard.forEach((listener) => listener(progress))
/** What the store fails with. */
let failure: Error | undefined
const log: { level: number; msg: string; err?: { message: string } }[] = []
beforeAll(async () => {
  api = await startTestApi((d) => ({
    ...d,
    logger: pino({ level: 'error' }, { write: (line) => void log.push(JSON.parse(line) as (typeof log)[number]) }),
    objects: Object.assign(Object.create(d.objects) as typeof d.objects, {
      get: async (...given: Parameters<typeof d.objects.get>) => {
        if (failure) throw failure
        return d.objects.get(...given)
      },
    }),
    progress: {
      onProgress: (listener) => {
        heard.push(listener)
      },
      close: () => d.progress.close(),
    },
  }))
  url = new URL('/mcp', await api.listen())
})
afterAll(() => api.close())

interface Options {
  onProgress?: (progress: { progress: number; total?: number | undefined }) => void
  signal?: AbortSignal
}
/** What both generations of clients can do. */
interface Agent {
  call(name: string, args: object, options?: Options): Promise<any>
  tools(): Promise<string[]>
  read(uri: string): Promise<any>
}

const headersOf = ({ token }: Person) => ({ requestInit: { headers: { authorization: `Bearer ${token}` } } })
const agents: Record<string, (person?: Person) => Promise<Agent>> = {
  'a client of version 1': async (person = api.anna) => {
    const client = new ClientV1({ name: 'test', version: '1' })
    await client.connect(new TransportV1(url, headersOf(person)) as never)
    cleanUp(() => client.close())
    return {
      call: (name, args, { onProgress: onprogress, signal } = {}) =>
        client.callTool({ name, arguments: { ...args } }, undefined, {
          ...(onprogress && { onprogress }),
          ...(signal && { signal }),
        }),
      tools: async () => (await client.listTools()).tools.map(({ name }) => name),
      read: (uri) => client.readResource({ uri }),
    }
  },
  'a client of version 2': async (person = api.anna) => {
    const client = new ClientV2({ name: 'test', version: '1' })
    await client.connect(new TransportV2(url, headersOf(person)))
    cleanUp(() => client.close())
    return {
      call: (name, args, { onProgress: onprogress, signal } = {}) =>
        client.callTool(
          { name, arguments: { ...args } },
          { ...(onprogress && { onprogress }), ...(signal && { signal }) },
        ),
      tools: async () => (await client.listTools()).tools.map(({ name }) => name),
      read: (uri) => client.readResource({ uri }),
    }
  },
}

/** Plays the worker for what is queued next: a step, told until the client has heard of it, then the picture. */
async function work(colour?: string, hasHeard = () => true): Promise<void> {
  const [row] = await eventually('a generation', async () => {
    const rows = await api.sql<{ id: string; session_id: string; turn_id: string }>(
      `SELECT id, session_id, turn_id FROM generations WHERE status = 'queued' ORDER BY queued_at LIMIT 1`,
    )
    return rows.length ? rows : undefined
  })
  const { id: generationId, session_id: sessionId, turn_id: turnId } = row!
  await eventually('the client hears of the step', () => {
    report({ generationId, sessionId, turnId, attempt: 1, step: 5, steps: 20 })
    return hasHeard()
  })
  await api.finish(generationId, colour)
}
const typesOf = ({ content }: { content: { type: string }[] }) => content.map(({ type }) => type)

describe.each(Object.entries(agents))('/mcp with %s', (_name, connect) => {
  it('creates a picture, edits it with its history, goes back and branches', async () => {
    const agent = await connect()
    const told: number[] = []
    const creating = agent.call(
      'create_image',
      { prompt: 'a red circle', seed: 7 },
      { onProgress: ({ progress }) => told.push(progress) },
    )
    await work('#c33', () => told.includes(5))
    const first = await creating
    assert.deepEqual(typesOf(first), ['image', 'resource_link', 'text'], JSON.stringify(first))
    const { session_id, turn_id, images } = first.structuredContent
    assert.deepEqual([images.length, images[0].seed], [1, 7])
    assert.equal((await fetch(images[0].url)).status, 200)
    const [{ data, mimeType }] = first.content
    assert.deepEqual([mimeType, Buffer.from(data, 'base64').subarray(1, 4).toString()], ['image/png', 'PNG'])

    const editing = agent.call('edit_image', {
      instruction: 'make it green',
      images: [{ image_id: images[0].image_id }],
    })
    await work('#3c3')
    const second = (await editing).structuredContent
    assert.equal(second.session_id, session_id)
    const again = agent.call('edit_image', { instruction: 'add a star', session_id })
    await work('#3cc')
    const third = (await again).structuredContent
    // the model saw what was asked before, with its picture
    const { lcu } = (await api.send('GET', `/v1/generations/${third.images[0].generation_id}`)).body
    assert.deepEqual(
      lcu.map((unit: any) => [unit.instruction, unit.images[0].imageId]),
      [
        ['make it green', images[0].image_id],
        ['add a star', second.images[0].image_id],
      ],
    )

    await agent.call('go_to_turn', { session_id, turn_id })
    const branching = agent.call('edit_image', { instruction: 'make it blue', session_id })
    await work('#33c')
    const branch = (await branching).structuredContent
    const turn = (await api.send('GET', `/v1/turns/${branch.turn_id}`)).body
    assert.deepEqual([turn.parentTurnId, turn.siblingCount], [turn_id, 2])

    const { turns } = (await agent.call('list_turns', { session_id })).structuredContent
    assert.deepEqual(
      turns.map((one: any) => [one.instruction, one.versions]),
      [
        ['a red circle', 1],
        ['make it blue', 2],
      ],
    )
    const { sessions } = (await agent.call('list_sessions', {})).structuredContent
    assert.deepEqual([sessions[0].session_id, sessions[0].title], [session_id, 'a red circle'])
  })

  it('takes a picture and a mask, extends a picture, and shows pictures as resources', async () => {
    const agent = await connect()
    const upload = async (file: Buffer, purpose?: string) =>
      (await agent.call('upload_image', { data: file.toString('base64'), ...(purpose && { purpose }) }))
        .structuredContent
    const picture = await upload(await png(64, 64, '#456'))
    const mask = await upload(await png(64, 64, '#fff'), 'mask')
    const masked = agent.call('edit_image', {
      instruction: 'a star',
      images: [{ image_id: picture.image_id, mask_id: mask.image_id, mask_mode: 'erase' }],
    })
    await work()
    const { turn_id } = (await masked).structuredContent
    assert.deepEqual((await api.send('GET', `/v1/turns/${turn_id}`)).body.images, [
      { imageId: picture.image_id, maskId: mask.image_id, maskMode: 'erase' },
    ])
    const extended = (await agent.call('extend_image', { image_id: picture.image_id, right: 0.5 })).structuredContent
    assert.deepEqual([extended.width, extended.height], [96, 64])
    assert.match(extended.mask_id, /^img_/)
    const { contents } = await agent.read(`atelier://images/${picture.image_id}`)
    assert.equal(Buffer.from(contents[0].blob, 'base64').subarray(1, 4).toString(), 'PNG')
    assert.deepEqual(typesOf(await agent.call('get_image', { image_id: picture.image_id })), [
      'image',
      'resource_link',
      'text',
    ])
  })

  it('makes as many variations as any other door: ten', async () => {
    const agent = await connect()
    const creating = agent.call('create_image', { prompt: 'ten circles', count: 10 })
    for (let n = 0; n < 10; n++) await work()
    assert.equal((await creating).structuredContent.images.length, 10)
    assert.equal((await agent.call('create_image', { prompt: 'too many', count: 11 })).isError, true)
  })

  it('tells what went wrong in words, writes nothing then, and hides what belongs to others', async () => {
    const agent = await connect()
    const other = await connect(api.ben)
    const before = await api.count()
    const session = (await api.send('GET', '/v1/sessions')).body.data[0].id as string
    for (const [tool, args, code] of [
      ['create_image', { prompt: 'x', steps: 100_000 }, 'parameter_out_of_range'],
      ['create_image', { prompt: 'x', model: 'no-such' }, 'unknown_model'],
      ['create_image', { prompt: 'x', speed: 'fast' }, 'parameter_out_of_range'],
      ['edit_image', { instruction: 'x' }, 'invalid_request'],
      ['edit_image', { instruction: 'x', images: [{ image_id: 'img_0000000000000000' }] }, 'unknown_image'],
      ['get_image', { image_id: 'img_0000000000000000' }, 'not_found'],
      ['upload_image', { data: Buffer.from('no picture').toString('base64') }, 'unsupported_image'],
    ] as const) {
      const { isError, content } = await agent.call(tool, args)
      assert.equal(isError, true, tool)
      assert.match(content[0].text, new RegExp(`^${code}`), content[0].text)
    }
    for (const [tool, args] of [
      ['list_turns', { session_id: session }],
      ['create_image', { prompt: 'x', session_id: session }],
    ] as const) {
      assert.match((await other.call(tool, args)).content[0].text, /^not_found/)
    }
    assert.deepEqual(await api.count(), before)
  })

  it('says of a resource that it cannot be read what a tool would say, and logs why', async () => {
    const agent = await connect()
    const { id } = await uploaded(api)
    const uri = `atelier://images/${id}`
    await assert.rejects((await connect(api.ben)).read(uri), /not_found: /)
    await assert.rejects(agent.read('atelier://images/x'), /not_found: /)
    failure = new Error('no such host: store.internal')
    cleanUp(() => (failure = undefined))
    log.length = 0
    await assert.rejects(agent.read(uri), ({ message }: Error) => {
      assert.match(message, /internal: The server failed unexpectedly/)
      return !message.includes('store.internal')
    })
    assert.deepEqual(
      log.map(({ level, msg, err }) => [level, msg, err?.message]),
      [[50, 'a resource could not be read', failure.message]],
    )
  })

  it('lists its tools, and says of a generation that failed why', async () => {
    const agent = await connect()
    assert.deepEqual((await agent.tools()).sort(), [
      'create_image',
      'describe_model',
      'edit_image',
      'extend_image',
      'get_generation',
      'get_image',
      'go_to_turn',
      'list_sessions',
      'list_turns',
      'upload_image',
    ])
    assert.equal((await agent.call('describe_model', {})).structuredContent.models[0].name, 'ace-test')
    const creating = agent.call('create_image', { prompt: 'x' })
    const id = await eventually('a generation', async () => {
      const [row] = await api.sql<{ id: string }>(`SELECT id FROM generations WHERE status = 'queued'`)
      return row?.id
    })
    const claim = (await api.database.work.claim(id, 'wrk_0000000000000000'))!
    await api.database.work.fail(claim, { code: 'model_failed', message: 'The model failed.' })
    const { isError, structuredContent } = await creating
    assert.deepEqual(
      [isError, structuredContent.failed],
      [true, [{ generation_id: id, code: 'model_failed', message: 'The model failed.' }]],
    )
  })

  it('leaves what a caller no longer waits for to be asked for later', async () => {
    const agent = await connect()
    const leaving = new AbortController()
    const creating = agent.call('create_image', { prompt: 'late' }, { signal: leaving.signal })
    const id = await eventually('a generation', async () => {
      const [row] = await api.sql<{ id: string }>(`SELECT id FROM generations WHERE status = 'queued'`)
      return row?.id
    })
    leaving.abort()
    await assert.rejects(creating)
    const asking = agent.call('get_generation', { generation_id: id })
    await work()
    assert.equal((await asking).structuredContent.images[0].generation_id, id)
  })
})

describe('/mcp', () => {
  it('needs a key, and says how to give it', async () => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
    const answer = await fetch(url, { method: 'POST', body, headers })
    assert.equal(answer.status, 401)
    assert.match(answer.headers.get('www-authenticate')!, /^Bearer/)
    assert.equal(((await answer.json()) as any).error.code, 'unauthorized')
  })

  it('refuses a body that is too long', async () => {
    const body = `{"x":"${'x'.repeat(7 * 1024 * 1024)}"}`
    const headers = { 'content-type': 'application/json', ...api.anna.headers }
    assert.equal((await fetch(url, { method: 'POST', body, headers })).status, 413)
  })
})
