import type { TurnInTree } from '@atelier/contracts'
import { useQuery } from '@tanstack/react-query'
import { useAddress } from '../app/address.js'
import { withoutReproductions } from '../conversation/conversation-state.js'
import { useConversationState } from '../conversation/conversation-store.js'
import { atelier } from '../server/client.js'

/** A map shows at most so many turns: the newest ones. */
export const maxMapTurns = 2_000

/**
 * Every turn of the conversation, of all branches, in order of creation; undefined until they are read. It is read again
 * when something new has happened in the conversation.
 */
export function useAllTurns(): TurnInTree[] | undefined {
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
        if (turns.length === maxMapTurns) break
      }
      return withoutReproductions(turns).reverse()
    },
    enabled: sessionId !== null,
    placeholderData: (before) => before,
    staleTime: 0,
  }).data
}
