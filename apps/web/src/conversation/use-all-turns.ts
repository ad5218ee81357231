import type { TurnInTree } from '@atelier/contracts'
import { useQuery } from '@tanstack/react-query'
import { useAddress } from '../app/address.js'
import { atelier } from '../server/client.js'
import { withoutReproductions } from './conversation-state.js'
import { useConversationState } from './conversation-store.js'

/** At most so many turns are read: the newest ones. */
export const maxTurns = 2_000

/**
 * Every turn of the conversation, of all branches, in order of creation. They are read again when
 * something new has happened in the conversation.
 *
 * @param enabled - whether anybody wants to know
 * @param staleTime - how long they are taken as they were read, in milliseconds
 */
export function useAllTurns(enabled = true, staleTime = 0) {
  const { sessionId } = useAddress()
  const newest = useConversationState(({ turns }) => turns.at(-1)?.id)
  const ended = useConversationState(({ turns }) =>
    turns
      .at(-1)
      ?.generations.map(({ status }) => status)
      .join(),
  )
  return useQuery({
    queryKey: ['map', sessionId, newest, ended],
    queryFn: async ({ signal }) => {
      const turns: TurnInTree[] = []
      for await (const turn of atelier.sessions.everyTurn(sessionId!, { path: 'all', limit: 100, signal })) {
        turns.push(turn)
        if (turns.length === maxTurns) break
      }
      return withoutReproductions(turns).reverse()
    },
    enabled: enabled && sessionId !== null,
    placeholderData: (before) => before,
    staleTime,
  })
}
