import { AtelierApiError, AtelierConnectionError, type Atelier } from '@atelier/client'
import type { LogEvent, SessionWithTurns } from '@atelier/contracts'
import type { ConversationStore } from './conversation-store.js'

/** How long to wait before a server that cannot be reached is asked again, in milliseconds. */
const retryMs = 2_000
/** How long live events may take to begin before the connection counts as lost, in milliseconds. */
const lateMs = 4_000

/** Whether an error says that there is no such conversation or turn. */
const isRefusal = (error: unknown): boolean =>
  error instanceof AtelierApiError && ['not_found', 'invalid_request', 'unknown_turn'].includes(error.code)

/** Which path is shown, and who wants to know what. */
export interface SessionListener {
  /** Shows the path through this turn; null: the active one. */
  turnId: string | null
  /** The session was read. */
  opened(session: SessionWithTurns): void
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
  { change }: ConversationStore,
  { turnId, opened, heard, fail }: SessionListener,
): () => void {
  let ended = false
  let end = () => {}
  const read = async (): Promise<{ session: SessionWithTurns; lostTurn?: string }> => {
    if (!turnId) return { session: await client.sessions.get(sessionId) }
    try {
      return { session: await client.sessions.get(sessionId, { turn: turnId }) }
    } catch (error) {
      // The turn may be what is wrong: then there is the conversation without it.
      if (!isRefusal(error)) throw error
      return { session: await client.sessions.get(sessionId), lostTurn: turnId }
    }
  }
  const begin = () => void follow().catch(failed)
  const failed = (error: unknown) => {
    if (ended) return
    if (error instanceof AtelierConnectionError) {
      change({ type: 'connected', connected: false })
      end = soon(begin)
    } else if (isRefusal(error)) change({ type: 'missing' })
    else fail(error)
  }
  const follow = async () => {
    const { session, ...lost } = await read()
    if (ended) return
    change({ type: 'connected', connected: true })
    change({ type: 'opened', session, anew: true, ...lost })
    opened(session)
    const events = client.events(sessionId, { afterSeq: session.lastSeq })
    events.on('event', (event) => {
      change({ type: 'event', event })
      heard(event)
    })
    // A retry is heard of only by its place in the queue.
    const known = new Set(session.turns.flatMap((turn) => turn.generations.map(({ id }) => id)))
    events.on('turn-created', ({ payload }) => {
      for (const { id } of payload.generations) known.add(id)
    })
    events.on('generation-queued', ({ payload: { generationId: id } }) => {
      if (known.has(id)) return
      known.add(id)
      client.generations.get(id).then((generation) => change({ type: 'generation', generation }), fail)
    })
    // Which turns there are beside the path, the events do not say.
    events.on('turn-deleted', () => {
      client.sessions.get(sessionId).then((fresh) => change({ type: 'opened', session: fresh }), fail)
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
    const refused = (error: unknown) => !ended && isRefusal(error) && change({ type: 'missing' })
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
  begin()
  return () => {
    ended = true
    end()
  }
}

/** Calls back after a while, or as soon as the browser is online again. @returns what keeps it from that */
function soon(act: () => void): () => void {
  const stop = () => {
    clearTimeout(timer)
    window.removeEventListener('online', now)
  }
  const now = () => {
    stop()
    act()
  }
  const timer = setTimeout(now, retryMs)
  window.addEventListener('online', now)
  return stop
}
