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
export function followSession(client: Atelier, sessionId: string, listener: SessionListener): () => void {
  const { change, setConnected, fail } = listener
  let ended = false
  let end = () => {}
  const follow = async () => {
    const session = await client.sessions.get(sessionId)
    if (ended) return
    change({ type: 'opened', session })
    const events = client.events(sessionId, { afterSeq: session.lastSeq })
    events.on('event', (event) => change({ type: 'event', event }))
    events.on('progress', (progress) => change({ type: 'progress', progress }))
    events.on('connected', setConnected)
    events.on('error', fail)
    end = () => {
      events.close()
      setConnected(true)
    }
  }
  follow().catch((error: unknown) => { if (!ended) fail(error) })
  return () => {
    ended = true
    end()
  }
}
