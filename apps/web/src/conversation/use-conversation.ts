import { AtelierApiError, AtelierConnectionError, type Atelier } from '@atelier/client'
import type { TurnImage, TurnInTree } from '@atelier/contracts'
import { useCallback, useEffect, useReducer, useState } from 'react'
import { changeConversation, emptyConversation } from './conversation-state.js'
import { followSession } from './follow-session.js'

/** What a person asks for in one turn. */
export interface TurnDraft {
  instruction: string
  images: TurnImage[]
}

/** One conversation: what is known of it, kept up to date, and what can be done. */
export function useConversation(client: Atelier, onUnauthorized: () => void) {
  const [state, change] = useReducer(changeConversation, emptyConversation)
  const [sessionId, setSessionId] = useState(sessionInHash)
  const [error, setError] = useState<string | null>(null)
  const [connected, setConnected] = useState(true)

  const dismiss = useCallback(() => setError(null), [])
  const fail = useCallback(
    (problem: unknown) => {
      if (problem instanceof AtelierApiError && problem.code === 'unauthorized') onUnauthorized()
      else setError(plainWords(problem))
    },
    [onUnauthorized],
  )

  useEffect(() => {
    const follow = () => {
      setSessionId(sessionInHash())
      setError(null)
    }
    window.addEventListener('hashchange', follow)
    return () => window.removeEventListener('hashchange', follow)
  }, [])

  useEffect(() => {
    if (!sessionId) return change({ type: 'opened', session: null })
    return followSession(client, sessionId, { change, setConnected, fail })
  }, [client, sessionId, fail])

  /** Runs an action and shows its error; answers whether it went well. */
  const attempt = useCallback(
    async (action: () => Promise<void>) => {
      setError(null)
      try {
        await action()
        return true
      } catch (problem) {
        fail(problem)
        return false
      }
    },
    [fail],
  )

  const send = useCallback(
    (draft: TurnDraft) =>
      attempt(async () => {
        const id = sessionId ?? (await client.sessions.create({ title: draft.instruction.trim().slice(0, 80) })).id
        const { turn, generations } = await client.turns.create(id, draft)
        if (!sessionId) putSessionInHash(id)
        change({ type: 'created', turn: { ...turn, generations } })
      }),
    [attempt, client, sessionId],
  )

  const cancel = useCallback(
    (id: string) =>
      void attempt(async () => {
        await client.generations.cancel(id)
      }),
    [attempt, client],
  )

  const retry = useCallback(
    (id: string) =>
      void attempt(async () => {
        change({ type: 'generation', generation: await client.generations.retry(id) })
      }),
    [attempt, client],
  )

  const { before } = state
  const showEarlier = useCallback(
    () =>
      void attempt(async () => {
        if (sessionId && before) change({ type: 'earlier', page: await client.sessions.turns(sessionId, { before }) })
      }),
    [attempt, client, sessionId, before],
  )

  /** Walks to another branch: to its newest turn, where the conversation then goes on. */
  const showSibling = useCallback(
    (turn: TurnInTree, index: number) =>
      void attempt(async () => {
        const [sibling] = (await client.turns.siblings(turn.id, { from: index, limit: 1 })).data
        if (!sessionId || !sibling) return
        const session = await client.sessions.get(sessionId, { turn: sibling.id })
        const activeTurnId = session.turns.at(-1)?.id
        if (activeTurnId) await client.sessions.update(sessionId, { activeTurnId })
        change({ type: 'opened', session })
      }),
    [attempt, client, sessionId],
  )

  const startOver = useCallback(() => putSessionInHash(null), [])
  return { state, error, connected, fail, dismiss, send, cancel, retry, showEarlier, showSibling, startOver }
}

/** The session id in the address (`#ses_…`), or null. */
function sessionInHash(): string | null {
  return /^#(ses_[0-9a-z]{16})$/.exec(window.location.hash)?.[1] ?? null
}

/** Puts a session id into the address, so that a reload or a bookmark opens it again; null takes it out. */
function putSessionInHash(id: string | null): void {
  window.location.hash = id ?? ''
}

/** What to tell a person about an error. The server's own messages say already what to do. */
function plainWords(error: unknown): string {
  if (error instanceof AtelierApiError) return error.message
  if (error instanceof AtelierConnectionError)
    return 'Atelier is not responding. Check that it is running, then try again.'
  return 'Something went wrong on this page. Reload it and try again.'
}
