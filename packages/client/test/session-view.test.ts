import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { newId } from '@atelier/contracts'
import { eventually } from '@atelier/testing'
import { Atelier, SessionView } from '../src/index.js'
import { TinyApi, tinyToken } from './tiny-api.js'

describe('a view of a session', () => {
  const api = new TinyApi()
  let atelier: Atelier
  beforeAll(async () => {
    await api.start()
    atelier = new Atelier({ url: api.url, token: tinyToken })
  })
  afterAll(() => api.stop())

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
})
