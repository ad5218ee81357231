import { AtelierApiError, type Atelier } from '@atelier/client'
import type { LogEvent, SessionWithTurns } from '@atelier/contracts'
import { isPassing } from '../server/errors.js'
import type { ConversationStore } from './conversation-store.js'

/** How long to wait before a server that is away is asked again: at first, and at most, in milliseconds. */
const firstPauseMs = 2_000
const longestPauseMs = 30_000
/** How long live events may take to begin before the connection counts as lost, in milliseconds. */
const lateMs = 4_000

/** Whether an error says that there is no such conversation or turn. */
const isRefusal = (error: unknown): boolean =>
  error instanceof AtelierApiError && ['not_found', 'invalid_request', 'unknown_turn'].includes(error.code)

/** Which path is shown, and who wants to know what. */
export interface SessionListener {
  /** Shows the path through this turn; null: the active one. */
  turnId: string | null
  /** The session was read; `underWay` are the generations that had not ended as far as was known before. */
  opened(session: SessionWithTurns, underWay: Readonly<Record<string, string>>): void
  /** Something happened in it. */
  heard(event: LogEvent): void
  fail(error: unknown): void
}

/**
 * Reads a session and follows its events from there.
 *
 * @returns what ends it
 */
export function followSession(
  client: Atelier,
  sessionId: string,
  store: ConversationStore,
  { turnId, opened, heard, fail }: SessionListener,
): () => void {
  const { change } = store
  const over = new AbortController()
  let end = () => {}
  const read = async (turn: string | null): Promise<{ session: SessionWithTurns; lostTurn?: string }> => {
    if (!turn) return { session: await client.sessions.get(sessionId) }
    try {
      return { session: await client.sessions.get(sessionId, { turn }) }
    } catch (error) {
      // The turn may be what is wrong: then there is the conversation without it.
      if (!isRefusal(error)) throw error
      return { session: await client.sessions.get(sessionId), lostTurn: turn }
    }
  }
  /** The path that is shown; `orElse` names a turn of it for when none of its turns is left. */
  const readShown = async (orElse: string | null): Promise<SessionWithTurns> => {
    const { newestId } = store
    const { session } = await read(newestId ?? orElse)
    // Another one may be shown by now.
    return store.newestId === newestId ? session : readShown(orElse)
  }
  const failed = (error: unknown) => {
    if (over.signal.aborted) return
    if (isRefusal(error)) change({ type: 'missing' })
    else fail(error)
  }
  /** Does something as often as it takes while the server is away. `lost` is told each time that it is. */
  const persist = async (act: () => Promise<void>, lost = () => {}) => {
    for (let pauseMs = firstPauseMs; !over.signal.aborted; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      try {
        return await act()
      } catch (error) {
        if (over.signal.aborted || !isPassing(error)) return failed(error)
        lost()
        await soon(pauseMs, over.signal)
      }
    }
  }
  const follow = async () => {
    const { session, ...lost } = await read(turnId)
    if (over.signal.aborted) return
    const { underWay } = store.state
    change({ type: 'connected', connected: true })
    change({ type: 'opened', session, anew: true, ...lost })
    opened(session, underWay)
    const events = client.events(sessionId, { afterSeq: session.lastSeq })
    events.on('event', (event) => {
      const newest = store.state.turns.at(-1)
      change({ type: 'event', event })
      heard(event)
      // Which turns there are beside the path, the events do not say.
      if (event.type === 'turn-deleted') void persist(() => store.show(() => readShown(newest?.parentTurnId ?? null)))
    })
    // A retry is heard of only by its place in the queue.
    const known = new Set(session.turns.flatMap((turn) => turn.generations.map(({ id }) => id)))
    events.on('turn-created', ({ payload }) => {
      for (const { id } of payload.generations) known.add(id)
    })
    events.on('generation-queued', ({ payload: { generationId: id } }) => {
      if (known.has(id)) return
      known.add(id)
      const get = () =>
        client.generations.get(id).catch((error: unknown) => {
          // It has been deleted since.
          if (!isRefusal(error)) throw error
        })
      void persist(async () => {
        let generation = await get()
        // Its end was heard of meanwhile.
        if (generation?.finishedAt === null && store.state.lastEnded.includes(id)) generation = await get()
        if (generation) change({ type: 'generation', generation })
      })
    })
    // Too much was missed to be told one by one.
    events.on('snapshot', ({ reset, session: fresh }) => {
      if (reset) change({ type: 'opened', session: fresh, anew: true })
    })
    events.on('progress', (progress) => change({ type: 'progress', progress }))
    // Conversations that are deleted elsewhere end without an event.
    const look = () => {
      if (document.visibilityState === 'visible') void client.sessions.get(sessionId, { limit: 1 }).catch(refused)
    }
    const refused = (error: unknown) => !over.signal.aborted && isRefusal(error) && change({ type: 'missing' })
    const cut = () => change({ type: 'connected', connected: false })
    const mended = () => events.reconnect()
    document.addEventListener('visibilitychange', look)
    window.addEventListener('offline', cut)
    window.addEventListener('online', mended)
    // One that has never been there is not lost, as the events have it; the person misses it all the same.
    const late = setTimeout(() => change({ type: 'connected', connected: false }), lateMs)
    events.on('connected', (connected) => {
      clearTimeout(late)
      change({ type: 'connected', connected })
    })
    events.on('error', failed)
    end = () => {
      clearTimeout(late)
      document.removeEventListener('visibilitychange', look)
      window.removeEventListener('offline', cut)
      window.removeEventListener('online', mended)
      events.close()
      change({ type: 'connected', connected: true })
    }
  }
  void persist(follow, () => change({ type: 'connected', connected: false }))
  return () => {
    over.abort()
    end()
  }
}

/** Waits a while, or until the browser is online again, or no longer than the signal wants it to. */
function soon(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const waited = new AbortController()
    const now = () => {
      clearTimeout(timer)
      waited.abort()
      resolve()
    }
    const timer = setTimeout(now, ms)
    window.addEventListener('online', now, { signal: waited.signal })
    signal.addEventListener('abort', now, { signal: waited.signal })
  })
}
