import { AtelierApiError, type CreateOptions } from '@atelier/client'
import type { CreateTurnInput, CreateTurnResponse, Session, TurnInTree } from '@atelier/contracts'
import { useMemo } from 'react'
import { useAddress, useGoTo } from '../app/address.js'
import { fail } from '../app/failure.js'
import { moveDraft } from '../draft/draft-store.js'
import { atelier } from '../server/client.js'
import { mayHaveArrived } from '../server/errors.js'
import { queries, queryKeys } from '../server/queries.js'
import { conversationStore } from './conversation-store.js'
import type { Sent } from './starts.js'
import { titleOf } from './title.js'

/** What can be done in the conversation of the address. Errors are told; what answers a boolean says whether it went well. */
export interface ConversationActions {
  /**
   * Sends a turn; a new conversation begins with it and gets the address. One that is refused for good leaves no conversation.
   *
   * @param key - with the same one the same turn is made once, and the conversation for it
   * @throws what the client throws
   */
  send(turn: CreateTurnInput, key?: string): Promise<Sent>
  cancel(generationId: string): Promise<boolean>
  /** Runs a turn again with this seed, or another one. A second click on the same button does nothing. */
  retry(generationId: string, seed?: number): Promise<boolean>
  showEarlier(): Promise<boolean>
  /** Walks to another of the turns with the same parent, and on to the newest turn of that branch. */
  showSibling(turn: TurnInTree, index: number): Promise<boolean>
  /** Walks to the branch of a turn; the conversation goes on there. */
  showTurn(turnId: string): Promise<boolean>
  deleteTurn(turnId: string): Promise<boolean>
}

/** How long after a click the same one counts as a slip, in milliseconds. */
const slipMs = 700
const clicked = new Map<string, number>()

/** Whether something was not asked for a moment ago already. */
function isMeant(what: string): boolean {
  const now = performance.now()
  for (const [other, at] of clicked) if (now - at >= slipMs) clicked.delete(other)
  if (clicked.has(what)) return false
  clicked.set(what, now)
  return true
}

/** Begins a conversation with a turn. */
async function begin(
  turn: CreateTurnInput,
  options: CreateOptions,
): Promise<{ session: Session; created: CreateTurnResponse }> {
  const session = await atelier.sessions.create({ title: titleOf(turn.instruction) }, options)
  try {
    return { session, created: await atelier.turns.create(session.id, turn, options) }
  } catch (error) {
    if (!mayHaveArrived(error)) await deleteEmpty(session.id).catch(() => {})
    throw error
  }
}

/** Deletes a conversation that nobody began; in one that was made by an earlier attempt there may be a turn. */
async function deleteEmpty(id: string): Promise<void> {
  const { turns } = await atelier.sessions.get(id, { limit: 1 })
  if (turns.length === 0) await atelier.sessions.delete(id)
}

/** See {@link ConversationActions}; they stay the same while the conversation does. */
export function useConversationActions(): ConversationActions {
  const { sessionId } = useAddress()
  const goTo = useGoTo()
  return useMemo(() => {
    const store = conversationStore(sessionId)
    const attempt = async (act: () => Promise<void>) => {
      try {
        await act()
        return true
      } catch (error) {
        fail(error)
        return false
      }
    }
    const showTurn = (turnId: string) =>
      attempt(async () => {
        if (!sessionId) return
        const read = () => atelier.sessions.get(sessionId, { turn: turnId })
        const session = await read()
        const activeTurnId = session.turns.at(-1)?.id
        if (activeTurnId) await atelier.sessions.update(sessionId, { activeTurnId })
        await store.show(read, session)
      })
    return {
      send: async (turn, key) => {
        const options = key ? { idempotencyKey: key } : {}
        const refresh = () => void queries.invalidateQueries({ queryKey: queryKeys.sessions })
        if (sessionId) {
          const { turn: created, generations } = await atelier.turns
            .create(sessionId, turn, options)
            .catch((error: unknown) => {
              if (error instanceof AtelierApiError && error.code === 'not_found') {
                store.change({ type: 'missing' })
                refresh()
              }
              throw error
            })
          store.change({ type: 'created', turn: { ...created, generations } })
          refresh()
          return { sessionId, generationId: generations[0]!.id }
        }
        const {
          session,
          created: { turn: created, generations },
        } = await begin(turn, options)
        const begun = conversationStore(session.id)
        begun.change({ type: 'opened', session: { ...session, turns: [], before: null, after: null } })
        begun.change({ type: 'created', turn: { ...created, generations } })
        moveDraft(null, session.id)
        goTo(session.id)
        refresh()
        return { sessionId: session.id, generationId: generations[0]!.id }
      },
      cancel: (id) =>
        attempt(async () => {
          await atelier.generations.cancel(id)
        }),
      retry: async (id, seed) =>
        isMeant(`retry ${id}`) &&
        attempt(async () => {
          const generation = await atelier.generations.retry(id, seed === undefined ? {} : { seed })
          store.change({ type: 'generation', generation })
        }),
      showEarlier: () =>
        attempt(async () => {
          const { before } = store.state
          if (sessionId && before)
            store.change({ type: 'earlier', page: await atelier.sessions.turns(sessionId, { before }) })
        }),
      showSibling: async (turn, index) => {
        let id: string | undefined
        const found = await attempt(async () => {
          id = (await atelier.turns.siblings(turn.id, { from: index, limit: 1 })).data[0]?.id
        })
        return found && id ? showTurn(id) : false
      },
      showTurn,
      deleteTurn: (id) => attempt(() => atelier.turns.delete(id)),
    }
    // oxlint-disable-next-line react/exhaustive-deps
  }, [sessionId])
}
