import assert from 'node:assert/strict'
import { afterAll, afterEach, beforeAll, describe, it } from '@jest/globals'
import { newId } from '@atelier/contracts'
import { eventually } from '@atelier/testing'
import { Atelier, SessionView, type SessionEvents, type SessionWithTurns } from '../src/index.js'
import { TinyApi, tinyToken } from './tiny-api.js'

describe('a view of a session', () => {
  const api = new TinyApi()
  let atelier: Atelier
  beforeAll(async () => {
    await api.start()
    atelier = new Atelier({ url: api.url, token: tinyToken })
  })
  afterAll(() => api.stop())
  afterEach(() => {
    api.fault = () => undefined
  })

  it('is open while somebody listens, however often they come and go', async () => {
    const { id } = api.addSession()
    api.joins = 0
    const view = new SessionView(atelier, id)
    assert.deepEqual(view.state, { session: undefined, progress: {}, connected: false, error: undefined })
    let changes = 0
    const [first, second] = [view.subscribe(() => (changes += 1)), view.subscribe(() => {})]
    await eventually('it is there', () => view.state.session?.id === id && view.state.connected)
    assert.equal(api.joins, 1)
    const before = view.state
    const generationId = newId('generation')
    api.progress({ sessionId: id, turnId: newId('turn'), generationId, attempt: 1, step: 2, steps: 4 })
    await eventually('the step', () => view.state.progress[generationId]?.step === 2)
    assert.notEqual(view.state, before, 'a change is a new object')
    first()
    second()
    assert.equal(view.state.connected, false)
    const seen = changes
    view.subscribe(() => {})()
    const third = view.subscribe(() => (changes += 1))
    await eventually('it is there again', () => view.state.connected)
    assert.ok(changes > seen)
    third()
  })

  it('reads the session anew after what no event tells whole, and says when there is none', async () => {
    const session = api.addSession()
    const view = new SessionView(atelier, session.id)
    const stop = view.subscribe(() => {})
    await eventually('it is there', () => view.state.session)
    api.sessions.set(session.id, { ...session, title: 'renamed', lastSeq: 1 })
    api.append(session.id, newId('generation'))
    await eventually('its title', () => view.state.session?.title === 'renamed')
    stop()
    const none = new SessionView(atelier, newId('session'))
    const stopNone = none.subscribe(() => {})
    const error = await eventually('its error', () => none.state.error)
    assert.match(error.message, /nothing with this id/)
    stopNone()
  })
  it('reads the session again after an outage, and does not believe to have what it lacks', async () => {
    const impatient = new Atelier({ url: api.url, token: tinyToken, retries: 0 })
    const session = api.addSession()
    const shown = api.addGeneration(session.id)
    Object.assign(session, { turns: [{ id: shown.turnId, generations: [shown] }] })
    const view = new SessionView(impatient, session.id)
    const errors: (Error | undefined)[] = []
    const stop = view.subscribe(() => errors.push(view.state.error))
    await eventually('it is there', () => view.state.session?.turns.length)
    let [refused, away] = [0, true]
    api.fault = ({ method }) => (method === 'GET' && away ? { status: ++refused === 1 ? 429 : 503 } : undefined)
    Object.assign(session, { title: 'renamed', lastSeq: 2 })
    api.append(session.id, newId('generation'))
    await eventually('it was refused', () => refused)
    api.append(session.id, shown.id)
    await eventually('what is known', () => view.state.session?.turns[0]!.generations[0]!.status === 'cancelled')
    assert.deepEqual([view.state.session!.lastSeq, view.state.session!.title], [0, null])
    away = false
    await eventually('its title', () => view.state.session?.title === 'renamed')
    assert.equal(view.state.session!.lastSeq, 2)
    assert.deepEqual(errors.filter(Boolean), [])
    stop()
  })

  it('asks with pauses for what the server lacks, and no more when it has begun anew', async () => {
    const session = { id: newId('session'), lastSeq: 0, turns: [] } as unknown as SessionWithTurns
    let reads = 0
    const listeners = new Map<string, (message: unknown) => void>()
    const events = {
      on: (name: string, listener: (message: unknown) => void) => listeners.set(name, listener),
      close: () => {},
    } as unknown as SessionEvents
    const get = async () => {
      reads++
      return session
    }
    const view = new SessionView({ sessions: { get }, events: () => events }, session.id)
    const stop = view.subscribe(() => {})
    listeners.get('snapshot')!({ reset: false, session, progress: [] })
    listeners.get('event')!({ seq: 9, type: 'turn-created', createdAt: '', payload: {} })
    await new Promise((resolve) => setTimeout(resolve, 300))
    assert.equal(reads, 1)
    listeners.get('snapshot')!({ reset: true, session, progress: [] })
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    assert.equal(reads, 1)
    stop()
  })

  it('forgets the steps of generations that have ended, also those that it does not show', async () => {
    const session = api.addSession()
    const view = new SessionView(atelier, session.id)
    const stop = view.subscribe(() => {})
    await eventually('it is there', () => view.state.connected)
    const turnId = newId('turn')
    const [one, two] = [newId('generation'), newId('generation')]
    for (const generationId of [one, two])
      api.progress({ sessionId: session.id, turnId, generationId, attempt: 1, step: 2, steps: 4 })
    await eventually('their steps', () => Object.keys(view.state.progress).length === 2)
    // the session is read with both, before the second event comes
    Object.assign(session, { lastSeq: 2 })
    api.append(session.id, one)
    await eventually('it is read', () => view.state.session?.lastSeq === 2)
    assert.deepEqual(Object.keys(view.state.progress), [two])
    api.append(session.id, two)
    await eventually('there are none', () => Object.keys(view.state.progress).length === 0, 5_000)
    stop()
  })

  it('ends when the session is gone, and begins anew for whoever listens then', async () => {
    const session = api.addSession()
    const view = new SessionView(atelier, session.id)
    const stop = view.subscribe(() => {})
    await eventually('it is there', () => view.state.connected)
    api.sessions.delete(session.id)
    api.append(session.id, newId('generation'))
    const error = await eventually('its error', () => view.state.error)
    assert.match(error.message, /nothing with this id/)
    assert.equal(view.state.connected, false)
    stop()
    api.sessions.set(session.id, session)
    const again = view.subscribe(() => {})
    await eventually('it is there again', () => view.state.connected)
    assert.equal(view.state.error, undefined)
    again()
  })
})
