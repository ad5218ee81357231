import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from '@jest/globals'
import { newId, type ProgressEvent } from '@atelier/contracts'
import { Atelier, AtelierApiError, type SessionEvents } from '../src/index.js'
import { eventually, startStopwatch } from '@atelier/testing'
import { TinyApi, tinyToken } from './tiny-api.js'

describe('live events', () => {
  const api = new TinyApi()
  const generationId = newId('generation')
  let atelier: Atelier
  let sessionId: string
  let open: SessionEvents[] = []
  beforeAll(async () => {
    await api.start()
    atelier = new Atelier({ url: api.url, token: tinyToken })
  })
  afterAll(() => api.stop())
  beforeEach(() => {
    sessionId = api.addSession().id
    api.joins = 0
    api.refuseSocket = () => undefined
  })
  afterEach(() => {
    for (const events of open) events.close()
    open = []
  })

  function follow(id: string, afterSeq?: number, client = atelier) {
    const events = client.events(id, afterSeq === undefined ? {} : { afterSeq })
    const heard = {
      seqs: [] as number[],
      connected: [] as boolean[],
      errors: [] as Error[],
      progress: [] as ProgressEvent[],
    }
    events.on('event', (event) => heard.seqs.push(event.seq))
    events.on('connected', (connected) => heard.connected.push(connected))
    events.on('error', (error) => heard.errors.push(error))
    events.on('progress', (progress) => heard.progress.push(progress))
    open.push(events)
    return { events, heard }
  }

  it('begin with what was missed and go on with what happens', async () => {
    for (let i = 0; i < 3; i++) api.append(sessionId, generationId)
    const { events, heard } = follow(sessionId, 1)
    await eventually('the missed ones', () => heard.seqs.length === 2)
    api.append(sessionId, generationId)
    await eventually('the new one', () => heard.seqs.length === 3)
    assert.deepEqual(heard.seqs, [2, 3, 4])
    assert.equal(events.lastSeq, 4)
    assert.deepEqual(heard.connected, [true])
  })

  it('go on from a fresh snapshot when too much was missed', async () => {
    for (let i = 0; i < 5; i++) api.append(sessionId, generationId)
    api.mostMissed = 3
    const { events, heard } = follow(sessionId, 1)
    const resets: boolean[] = []
    events.on('snapshot', ({ reset }) => resets.push(reset))
    await eventually('joined', () => heard.connected.length === 1)
    api.append(sessionId, generationId)
    await eventually('the new one', () => heard.seqs.length === 1)
    assert.deepEqual([resets, heard.seqs, events.lastSeq], [[true], [6], 6])
    api.mostMissed = Infinity
  })

  it('begin now when nobody says where', async () => {
    api.append(sessionId, generationId)
    const { events, heard } = follow(sessionId)
    const snapshots: number[] = []
    const named: unknown[] = []
    events.on('snapshot', (snapshot) => snapshots.push(snapshot.lastSeq))
    events.on('generation-cancelled', (event) => named.push(event.payload.generationId))
    await eventually('it is connected', () => heard.connected.length === 1)
    api.append(sessionId, generationId)
    await eventually('the new one', () => heard.seqs.length === 1)
    assert.deepEqual([heard.seqs, snapshots, named], [[2], [1], [generationId]])
  })

  for (const rudely of [true, false]) {
    it(`miss and repeat nothing when the connection is ${rudely ? 'cut' : 'ended by the server'}`, async () => {
      const { heard } = follow(sessionId, 0)
      await eventually('it is connected', () => heard.connected.length === 1)
      api.append(sessionId, generationId)
      await eventually('the first', () => heard.seqs.length === 1)
      api.disconnect({ rudely })
      await eventually('the loss is noticed', () => heard.connected.at(-1) === false)
      for (let i = 0; i < 3; i++) api.append(sessionId, generationId)
      await eventually('it is connected again', () => heard.connected.length === 3)
      api.append(sessionId, generationId)
      await eventually('the last', () => heard.seqs.length >= 5)
      assert.deepEqual(heard.seqs, [1, 2, 3, 4, 5])
      assert.deepEqual(heard.connected, [true, false, true])
    })
  }

  it('connect again at once when they are told to, and miss nothing', async () => {
    const { events, heard } = follow(sessionId, 0)
    await eventually('it is connected', () => heard.connected.length === 1)
    api.append(sessionId, generationId)
    await eventually('the first', () => heard.seqs.length === 1)
    const watch = startStopwatch()
    events.reconnect()
    api.append(sessionId, generationId)
    await eventually('the second', () => heard.seqs.length === 2)
    assert.ok(watch.stop() < 400)
    assert.deepEqual(
      [heard.seqs, heard.connected],
      [
        [1, 2],
        [true, false, true],
      ],
    )
    events.close()
    events.reconnect()
    assert.deepEqual(heard.connected, [true, false, true])
  })

  it('hear what comes right behind the answer to their join', async () => {
    api.afterJoin = (id) => {
      api.append(id, generationId)
      api.append(id, generationId)
      api.afterJoin = () => {}
    }
    const { heard } = follow(sessionId)
    await eventually('both', () => heard.seqs.length === 2)
    assert.equal(api.joins, 1)
  })

  it('ask for a number that is missing, and ignore one that comes twice', async () => {
    const { heard } = follow(sessionId, 0)
    await eventually('it is connected', () => heard.connected.length === 1)
    api.append(sessionId, generationId, { silent: true })
    api.append(sessionId, generationId)
    await eventually('both', () => heard.seqs.length === 2)
    api.repeat(sessionId, 1)
    api.repeat(sessionId, 2)
    api.append(sessionId, generationId)
    await eventually('the third', () => heard.seqs.length === 3)
    assert.deepEqual(heard.seqs, [1, 2, 3])
    assert.equal(api.joins, 2)
  })

  it('tell of progress', async () => {
    const { heard } = follow(sessionId, 0)
    await eventually('it is connected', () => heard.connected.length === 1)
    const progress = { sessionId, turnId: newId('turn'), generationId, attempt: 1, step: 2, steps: 4 }
    api.progress(progress)
    await eventually('progress', () => heard.progress.length === 1)
    assert.deepEqual(heard.progress, [progress])
  })

  it('end with the reason when the session is not yours or the key is refused', async () => {
    const foreign = follow(newId('session')).heard
    const refused = follow(sessionId, 0, new Atelier({ url: api.url, token: 'atl_other' })).heard
    await eventually('both ended', () => foreign.errors.length === 1 && refused.errors.length === 1)
    assert.equal((foreign.errors[0] as AtelierApiError).code, 'not_found')
    assert.equal((refused.errors[0] as AtelierApiError).code, 'unauthorized')
  })

  it('try again when the server refuses for a while', async () => {
    let refusals = 0
    api.refuseSocket = () => (refusals++ < 1 ? 'unavailable' : undefined)
    const { heard } = follow(sessionId, 0)
    await eventually('it is connected', () => heard.connected.length === 1)
    assert.deepEqual(heard.errors, [])
  })

  it('say nothing after they were closed', async () => {
    const { events, heard } = follow(sessionId, 0)
    await eventually('it is connected', () => heard.connected.length === 1)
    events.close()
    api.append(sessionId, generationId)
    await new Promise((resolve) => {
      setTimeout(resolve, 100)
    })
    assert.deepEqual([heard.seqs, heard.connected], [[], [true]])
  })
  it('leave nothing behind at a signal when they have ended', async () => {
    const { signal } = new AbortController()
    const ended: Error[] = []
    const closed = atelier.events(sessionId, { signal })
    const failed = atelier.events(newId('session'), { signal })
    failed.on('error', (error) => ended.push(error))
    const read = atelier.events(sessionId, { afterSeq: 0, signal })
    api.append(sessionId, generationId)
    for await (const _ of read) break
    closed.close()
    await eventually('it has failed', () => ended.length)
    assert.deepEqual(getEventListeners(signal, 'abort'), [])
  })
})
