import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it, jest } from '@jest/globals'
import { AtelierApiError, type Atelier } from '@atelier/client'
import type { GenerationSummary, SessionWithTurns } from '@atelier/contracts'
import type { ConversationStore } from '../src/conversation/conversation-store.js'

const page = {
  window: new EventTarget(),
  document: Object.assign(new EventTarget(), { baseURI: 'http://atelier.test/' }),
  location: { pathname: '/', search: '', hash: '' },
}
Object.assign(globalThis, page)
const { ConversationStore: Store } = await import('../src/conversation/conversation-store.js')
const { followSession } = await import('../src/conversation/follow-session.js')

const refusal = (status: number, code: AtelierApiError['code']) =>
  new AtelierApiError({ error: { code, message: code, requestId: '' } }, status)

/** A server that answers what is planned next; the last answer again and again. */
function answers<T>(...planned: (T | Error)[]): () => Promise<T> {
  return async () => {
    const answer = planned.length > 1 ? planned.shift()! : planned[0]!
    if (answer instanceof Error) throw answer
    return answer
  }
}

const session = {
  id: 's',
  lastSeq: 1,
  turns: [{ id: 't', parentTurnId: null, generations: [] }],
  before: null,
  after: null,
} as unknown as SessionWithTurns
const queued = { id: 'g', turnId: 't', status: 'queued', finishedAt: null } as unknown as GenerationSummary

describe('following a session', () => {
  let stop = () => {}
  beforeEach(() => {
    jest.useFakeTimers()
  })
  afterEach(() => {
    stop()
    jest.useRealTimers()
  })

  /** A page that follows a session of a server. */
  function follow(sessions: Atelier['sessions']['get'], generations = answers<GenerationSummary>(queued)) {
    const store: ConversationStore = new Store('s')
    store.change({ type: 'generation', generation: queued })
    const failures: unknown[] = []
    const openings: unknown[] = []
    const listeners = new Map<string, (message: unknown) => void>()
    const events = {
      on: (name: string, listener: (message: never) => void) => listeners.set(name, listener as never),
      close: () => {},
      reconnect: () => {},
    }
    const client = { sessions: { get: sessions }, generations: { get: generations }, events: () => events }
    stop = followSession(client as unknown as Atelier, 's', store, {
      turnId: null,
      opened: (_session, underWay) => openings.push(underWay),
      heard: () => {},
      fail: (error) => failures.push(error),
    })
    return {
      get state() {
        return store.state
      },
      store,
      failures,
      openings,
      hear: (type: string, payload: object, seq = 2) => {
        for (const name of ['event', type]) listeners.get(name)?.({ type, seq, createdAt: '', payload })
      },
    }
  }

  it('goes on asking while the server is away, less and less often, and says so', async () => {
    const sessions = jest.fn(
      answers<SessionWithTurns>(
        refusal(503, 'unavailable'),
        refusal(502, 'unavailable'),
        refusal(429, 'rate_limited'),
        session,
      ),
    )
    const page = follow(sessions)
    await jest.advanceTimersByTimeAsync(1_000)
    assert.deepEqual([page.state.status, page.state.connected], ['opening', false])
    await jest.advanceTimersByTimeAsync(1_500 + 4_000)
    assert.deepEqual([sessions.mock.calls.length, page.state.connected], [3, false])
    await jest.advanceTimersByTimeAsync(8_000)
    assert.deepEqual([page.state.status, page.state.connected, page.failures], ['open', true, []])
  })

  it('says what was under way before, as it may have ended before its events are heard', async () => {
    const page = follow(answers(session))
    await jest.advanceTimersByTimeAsync(0)
    assert.deepEqual([page.openings, page.state.underWay], [[{ g: 't' }], {}])
  })

  it('asks no more when it is refused, signed out, or left', async () => {
    const refused = follow(answers<SessionWithTurns>(refusal(404, 'not_found')))
    const barred = follow(answers<SessionWithTurns>(refusal(403, 'forbidden')))
    const sessions = jest.fn(answers<SessionWithTurns>(refusal(401, 'unauthorized')))
    const out = follow(sessions)
    await jest.advanceTimersByTimeAsync(60_000)
    assert.equal(refused.state.status, 'missing')
    // It may be a proxy that does not let it through.
    assert.deepEqual([barred.state.status, barred.failures.length], ['opening', 1])
    assert.deepEqual([sessions.mock.calls.length, out.failures.length], [1, 1])
    const away = jest.fn(answers<SessionWithTurns>(refusal(503, 'unavailable')))
    follow(away)
    await jest.advanceTimersByTimeAsync(1_000)
    stop()
    await jest.advanceTimersByTimeAsync(60_000)
    assert.equal(away.mock.calls.length, 1)
  })

  it('shows a retry from elsewhere also when it cannot be read at first', async () => {
    const page = follow(answers(session), answers<GenerationSummary>(refusal(503, 'unavailable'), queued))
    await jest.advanceTimersByTimeAsync(0)
    page.hear('generation-queued', { generationId: 'g' })
    await jest.advanceTimersByTimeAsync(2_500)
    assert.deepEqual(
      page.state.turns[0]!.generations.map(({ id }) => id),
      ['g'],
    )
    assert.deepEqual([page.state.connected, page.failures], [true, []])
  })

  it('reads the path that is shown again when a turn was deleted, as often as more has happened meanwhile', async () => {
    const path = (lastSeq: number, ...ids: string[]) => {
      const turns = ids.map((id, index) => ({ id, parentTurnId: ids[index - 1] ?? null, generations: [] }))
      return { ...session, lastSeq, turns } as unknown as SessionWithTurns
    }
    const asked: (string | undefined)[] = []
    const planned = [path(1, 't'), path(2, 't', 'stale'), path(3, 't', 'fresh')]
    const page = follow(async (_id, { turn } = {}) => {
      asked.push(turn)
      return planned.shift()!
    })
    await jest.advanceTimersByTimeAsync(0)
    page.store.change({ type: 'opened', session: path(1, 't', 'shown') })
    page.hear('turn-deleted', { turnId: 'shown' }, 2)
    page.hear('generation-cancelled', { generationId: 'g' }, 3)
    await jest.advanceTimersByTimeAsync(0)
    assert.deepEqual(asked, [undefined, 't', 't'])
    assert.equal(page.store.newestId, 'fresh')
  })
})
