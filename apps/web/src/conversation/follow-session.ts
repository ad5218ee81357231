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
    // Too much was missed to be told one by one.
    events.on('snapshot', ({ reset, session: fresh }) => {
      if (reset) change({ type: 'opened', session: fresh })
    })
    events.on('progress', (progress) => change({ type: 'progress', progress }))
    events.on('connected', setConnected)
    events.on('error', fail)
    end = () => {
      events.close()
      setConnected(true)
    }
  }
  follow().catch((error: unknown) => {
    if (!ended) fail(error)
  })
  return () => {
    ended = true
    end()
  }
}
