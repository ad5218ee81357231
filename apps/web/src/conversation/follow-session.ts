import type { Atelier } from '@atelier/client'
import type { ConversationChange } from './conversation-state.js'

/** What {@link followSession} reports. */
export interface SessionListener {
  change(change: ConversationChange): void
  setConnected(connected: boolean): void
  fail(error: unknown): void
}

/**
 * Reads a session and follows its events from there.
 *
 * @returns what ends it
 */
export function followSession(client: Atelier, sessionId: string, { change, setConnected, fail }: SessionListener): () => void {
  let ended = false
  let end = () => {}
  client.sessions.get(sessionId).then((session) => {
    if (ended) return
    change({ type: 'opened', session })
    const events = client.events(sessionId, { afterSeq: session.lastSeq })
    events.on('event', (event) => change({ type: 'event', event }))
    events.on('progress', (progress) => change({ type: 'progress', progress }))
    events.on('connected', setConnected)
    end = () => events.close()
  }, (error: unknown) => { if (!ended) fail(error) })
  return () => {
    ended = true
    end()
  }
}
