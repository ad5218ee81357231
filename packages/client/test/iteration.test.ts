import assert from 'node:assert/strict'
import { afterAll, beforeAll, beforeEach, describe, it } from '@jest/globals'
import { newId } from '@atelier/contracts'
import { eventually } from '@atelier/testing'
import { Atelier, AtelierApiError, type SessionMessage } from '../src/index.js'
import { MessageQueue } from '../src/message-queue.js'
import { TinyApi, tinyToken } from './tiny-api.js'

describe('iterating over live events', () => {
  const api = new TinyApi()
  const generationId = newId('generation')
  let atelier: Atelier
  let sessionId: string
  beforeAll(async () => {
    await api.start()
    atelier = new Atelier({ url: api.url, token: tinyToken })
  })
  afterAll(() => api.stop())
  beforeEach(() => {
    sessionId = api.addSession().id
    api.joins = 0
  })
  const seqOf = (message: SessionMessage) => ('seq' in message ? message.seq : message.type)
  const step = (number: number) =>
    api.progress({ sessionId, turnId: newId('turn'), generationId, attempt: 1, step: number, steps: 4 })

  it('yields what was missed and what happens, over a lost connection, without gaps or repeats', async () => {
    for (let n = 0; n < 3; n++) api.append(sessionId, generationId)
    const seen: unknown[] = []
    const events = atelier.events(sessionId, { afterSeq: 1 })
    const reading = (async () => {
      for await (const message of events) {
        seen.push(seqOf(message))
        if (seen.length === 5) break
      }
    })()
    await eventually('the missed ones', () => seen.length === 2)
    api.disconnect({ rudely: true })
    api.append(sessionId, generationId, { silent: true })
    await eventually('it joined again', () => api.joins === 2)
    api.append(sessionId, generationId)
    await eventually('all of them', () => seen.length === 4)
    step(1)
    await reading
    assert.deepEqual(seen, [2, 3, 4, 5, 'generation-progress'])
    api.append(sessionId, generationId)
    assert.equal(events.lastSeq, 5, 'leaving the loop closes it')
  })

  it('yields what came between the opening and the loop', async () => {
    const events = atelier.events(sessionId)
    await eventually('it joined', () => api.joins === 1)
    await eventually('it listens', () => events.lastSeq === 0)
    api.append(sessionId, generationId)
    await eventually('it has come', () => events.lastSeq === 1)
    for await (const message of events) {
      assert.equal(seqOf(message), 1)
      break
    }
  })

  it('yields a snapshot instead of more than can be told', async () => {
    for (let n = 0; n < 5; n++) api.append(sessionId, generationId)
    api.mostMissed = 3
    for await (const message of atelier.events(sessionId, { afterSeq: 1 })) {
      assert.equal(message.type, 'reset')
      assert.equal(message.type === 'reset' && message.payload.session.id, sessionId)
      break
    }
    api.mostMissed = Infinity
  })

  it('ends when it is closed, throws what a signal is aborted with, and why it may not listen', async () => {
    const read = async (events: AsyncIterable<SessionMessage>) => {
      for await (const _ of events);
    }
    const events = atelier.events(sessionId)
    const reading = read(events)
    events.close()
    await reading
    const controller = new AbortController()
    const aborted = read(atelier.events(sessionId, { signal: controller.signal }))
    controller.abort(new Error('enough'))
    await assert.rejects(aborted, /enough/)
    await assert.rejects(read(atelier.events(sessionId, { signal: AbortSignal.abort() })), { name: 'AbortError' })
    await assert.rejects(
      read(atelier.events(newId('session'))),
      (error) => error instanceof AtelierApiError && error.code === 'not_found',
    )
  })
})

describe('a queue of messages', () => {
  it('keeps the order, and of what is out of date only the newest', async () => {
    const queue = new MessageQueue<[string, number]>(([older], [newer]) => older === newer && older === 'step')
    queue.push(['step', 1])
    queue.push(['event', 1])
    queue.push(['step', 2])
    queue.push(['event', 2])
    queue.end()
    const seen: unknown[] = []
    for await (const message of queue) seen.push(message)
    assert.deepEqual(seen, [
      ['event', 1],
      ['step', 2],
      ['event', 2],
    ])
  })
})
