import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { cleanUpAfterEach, eventually, quickest } from '@atelier/testing'
import { newId, sessionSnapshotSchema, type ProgressEvent, type LiveEvent } from '@atelier/contracts'
import { io, type Socket } from 'socket.io-client'
import { readStream } from './support/read-stream.js'
import { startTestApi, type Person, type TestApi } from './support/test-api.js'

const cleanUp = cleanUpAfterEach()

let api: TestApi
let url: string
const heard: ((progress: ProgressEvent) => void)[] = []
const report = (progress: ProgressEvent) => heard.forEach((listener) => listener(progress))
beforeAll(async () => {
  api = await startTestApi((d) => ({
    ...d,
    progress: {
      onProgress: (listener) => {
        heard.push(listener)
      },
      close: () => d.progress.close(),
    },
  }))
  url = await api.listen()
})
afterAll(() => api.close())

const events = [
  'turn-created',
  'generation-queued',
  'generation-started',
  'generation-succeeded',
  'generation-failed',
  'generation-cancelled',
  'turn-deleted',
]
const newTurn = async (session: string) =>
  (await api.send('POST', `/v1/sessions/${session}/turns`, { body: { instruction: 'x', images: [] } })).body as {
    turn: { id: string }
    generations: { id: string }[]
  }

/** A connected client that collects what it hears. */
async function connect(person: Person = api.anna): Promise<{
  socket: Socket
  heard: LiveEvent[]
  progress: any[]
  ask: (name: string, message: unknown) => Promise<any>
}> {
  const socket = io(url, { auth: { token: person.token }, transports: ['websocket'], reconnection: false })
  cleanUp(() => socket.close())
  const [heard, progress]: [LiveEvent[], unknown[]] = [[], []]
  for (const name of events) socket.on(name, (event: LiveEvent) => heard.push(event))
  socket.on('generation-progress', (event: unknown) => progress.push(event))
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', reject)
  })
  return { socket, heard, progress, ask: (name, message) => socket.timeout(30_000).emitWithAck(name, message) }
}

describe('a stream of events', () => {
  it('tells everything from the beginning, then what happens, with numbers as ids', async () => {
    const session = await api.session()
    const {
      generations: [generation],
    } = await newTurn(session)
    const seen = await readStream(
      `${url}/v1/sessions/${session}/events`,
      api.anna.headers,
      (e) => e.length >= 4,
      () => api.finish(generation!.id),
    )
    assert.deepEqual(
      seen.map(({ event }) => event),
      ['turn-created', 'generation-queued', 'generation-started', 'generation-succeeded'],
    )
    assert.deepEqual(
      seen.map(({ id }) => id),
      ['1', '2', '3', '4'],
    )
    assert.deepEqual(
      seen.map(({ data }) => data.seq),
      [1, 2, 3, 4],
    )
    const image = seen[3]!.data.images[0]
    assert.equal((await fetch(url + image.url)).status, 200)
    assert.equal(image.objectKey, undefined)
  })

  it('goes on after Last-Event-ID or afterSeq, and takes the key from the query', async () => {
    const session = await api.session()
    await newTurn(session)
    await newTurn(session)
    const ids = (list: { id?: string }[]) => list.map(({ id }) => id)
    assert.deepEqual(
      ids(
        await readStream(
          `${url}/v1/sessions/${session}/events?token=${api.anna.token}`,
          { 'last-event-id': '2' },
          (e) => e.length >= 2,
        ),
      ),
      ['3', '4'],
    )
    assert.deepEqual(
      ids(await readStream(`${url}/v1/sessions/${session}/events?afterSeq=3`, api.anna.headers, (e) => e.length >= 1)),
      ['4'],
    )
    assert.equal(
      (await api.send('GET', `/v1/sessions/${session}/events`, { headers: { 'last-event-id': 'x' } })).status,
      400,
    )
  })

  it('brings progress without an id, at once for what runs already', async () => {
    const session = await api.session()
    const {
      turn,
      generations: [generation],
    } = await newTurn(session)
    const claim = (await api.database.work.claim(generation!.id, newId('worker')))!
    const progress = (step: number) =>
      report({
        generationId: claim.id,
        sessionId: session,
        turnId: turn.id,
        attempt: 1,
        step,
        steps: 20,
        preview: 'data:,x',
      })
    progress(3)
    const seen = await readStream(
      `${url}/v1/sessions/${session}/events?afterSeq=3`,
      api.anna.headers,
      (e) => e.length >= 2,
      async () => progress(4),
    )
    assert.deepEqual(
      seen.map(({ id, event, data }) => [id, event, data.step, data.preview]),
      [
        [undefined, 'generation-progress', 3, 'data:,x'],
        [undefined, 'generation-progress', 4, 'data:,x'],
      ],
    )
  })
})

describe('a socket', () => {
  it('needs a key', async () => {
    const failure = await connect({ ...api.anna, token: 'atl_wrong' }).then(
      () => null,
      (error: Error & { data?: any }) => error,
    )
    assert.equal(failure?.data.error.code, 'unauthorized')
  })

  it('joins with a snapshot and hears what comes after, in order', async () => {
    const client = await connect()
    const session = await api.session()
    const {
      generations: [generation],
    } = await newTurn(session)
    const snapshot = sessionSnapshotSchema.parse(await client.ask('session:join', { sessionId: session }))
    assert.deepEqual([snapshot.lastSeq, snapshot.session.turns.length, snapshot.events.length], [2, 1, 0])
    await api.finish(generation!.id)
    await eventually('the end', () => client.heard.length >= 2)
    assert.deepEqual(
      client.heard.map(({ type, seq }) => [type, seq]),
      [
        ['generation-started', 3],
        ['generation-succeeded', 4],
      ],
    )
    await client.ask('session:leave', { sessionId: session })
    await newTurn(session)
    await sleep(200)
    assert.equal(client.heard.length, 2)
  })

  it('hears nothing of a session that it leaves as soon as it has joined, unless it joins again', async () => {
    const client = await connect()
    const session = await api.session()
    const used = async () => (await api.send('GET', '/v1/limits')).body.joinedSessions.used as number
    const before = await used()
    await Promise.all(['session:join', 'session:leave'].map((name) => client.ask(name, { sessionId: session })))
    await newTurn(session)
    await sleep(200)
    assert.deepEqual([client.heard.length, await used()], [0, before])
    const again = ['session:join', 'session:leave', 'session:join']
    await Promise.all(again.map((name) => client.ask(name, { sessionId: session })))
    await newTurn(session)
    await eventually('the events', () => client.heard.length === 2)
    assert.equal(await used(), before + 1)
  })

  it('gets what it missed when it joins again, and every number once, while others write', async () => {
    const session = await api.session()
    const writing = (async () => {
      for (let i = 0; i < 15; i++) await newTurn(session)
    })()
    const seqs: number[] = []
    let afterSeq = 0
    for (let round = 0; round < 4; round++) {
      const client = await connect()
      const snapshot = await client.ask('session:join', { sessionId: session, afterSeq })
      seqs.push(...snapshot.events.map(({ seq }: LiveEvent) => seq))
      if (round === 3)
        await writing.then(() => eventually('all', () => (client.heard.at(-1)?.seq ?? snapshot.lastSeq) === 30))
      else await sleep(60)
      client.socket.close()
      seqs.push(...client.heard.map(({ seq }) => seq))
      afterSeq = seqs.at(-1) ?? 0
    }
    assert.deepEqual(
      seqs,
      Array.from({ length: 30 }, (_, i) => i + 1),
    )
  })

  it('creates turns and cancels, and answers mistakes with the codes of the table', async () => {
    const client = await connect()
    const session = await api.session()
    await client.ask('session:join', { sessionId: session })
    const {
      generations: [generation],
    } = await client.ask('turn:create', { sessionId: session, instruction: 'a cat' })
    assert.equal(generation.status, 'queued')
    assert.equal((await client.ask('generation:cancel', { generationId: generation.id })).status, 'cancelled')
    await eventually('the cancellation', () => client.heard.some(({ type }) => type === 'generation-cancelled'))
    const code = async (name: string, message: unknown) => (await client.ask(name, message)).error.code
    assert.equal(await code('turn:create', { sessionId: session, instruction: ' ' }), 'instruction_empty')
    assert.equal(await code('turn:create', { sessionId: session, instruction: 'a\0' }), 'invalid_request')
    assert.equal(await code('turn:create', 'nonsense'), 'invalid_request')
    assert.equal(await code('generation:cancel', { generationId: generation.id }), 'not_cancellable')
    const foreign = await api.session(api.ben)
    assert.equal(await code('session:join', { sessionId: foreign }), 'not_found')
    assert.equal(await code('turn:create', { sessionId: foreign, instruction: 'x' }), 'not_found')
    assert.equal(await code('generation:cancel', { generationId: newId('generation') }), 'not_found')
  })

  it('hears the progress of joined sessions, with the last step in the snapshot, and none after the end', async () => {
    const [client, late] = [await connect(), await connect()]
    const session = await api.session()
    const {
      turn,
      generations: [generation],
    } = await newTurn(session)
    const claim = (await api.database.work.claim(generation!.id, newId('worker')))!
    await client.ask('session:join', { sessionId: session })
    const progress = (step: number) =>
      report({ generationId: claim.id, sessionId: session, turnId: turn.id, attempt: 1, step, steps: 20 })
    await eventually('progress', () => {
      progress(5)
      return client.progress.length > 0
    })
    assert.deepEqual(
      (await late.ask('session:join', { sessionId: session })).progress.map(({ step }: { step: number }) => step),
      [5],
    )
    await api.database.work.fail(claim, { code: 'model_failed', message: 'x' })
    await eventually('the failure', () => client.heard.some(({ type }) => type === 'generation-failed'))
    const before = client.progress.length
    progress(6)
    await sleep(100)
    assert.equal(client.progress.length, before)
    assert.deepEqual((await late.ask('session:join', { sessionId: session })).progress, [])
  })
})

it('closing ends streams and sockets at once', async () => {
  const took = await quickest(3000, async () => {
    const other = await startTestApi()
    const address = await other.listen()
    const session = await other.session()
    const socket = io(address, { auth: { token: other.anna.token }, transports: ['websocket'], reconnection: false })
    cleanUp(() => socket.close())
    await new Promise<void>((resolve) => {
      socket.once('connect', resolve)
    })
    const ended = new Promise<string>((resolve) => {
      socket.once('disconnect', resolve)
    })
    let stream: Promise<unknown> | undefined
    await new Promise<void>((resolve, reject) => {
      const opened = async () => resolve()
      stream = readStream(`${address}/v1/sessions/${session}/events`, other.anna.headers, () => false, opened)
      stream.catch(reject)
    })
    const start = performance.now()
    await other.close()
    assert.deepEqual(await stream, [])
    assert.ok(await ended)
    return performance.now() - start
  })
  assert.ok(took < 3000, `took ${took} ms`)
})
