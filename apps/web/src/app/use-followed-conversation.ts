import { useEffect } from 'react'
import { conversationStore, useConversationState } from '../conversation/conversation-store.js'
import { followSession } from '../conversation/follow-session.js'
import { plainInstruction } from '../conversation/mentions.js'
import { words } from '../messages/words.js'
import { atelier } from '../server/client.js'
import { queries, queryKeys } from '../server/queries.js'
import { stageStore } from '../stage/stage-store.js'
import { useAddress } from './address.js'
import { announce } from './announcer.js'
import { useStore } from './external-store.js'
import { fail } from './failure.js'
import { renewals } from './sign-in-state.js'

/** Keeps the conversation of the address up to date, says what happens in it, and names the page after it. */
export function useFollowedConversation(): void {
  const { sessionId, turnId } = useAddress()
  const renewal = useStore(renewals, (count) => count)
  const title = useConversationState(({ session }) => session?.title ?? null)

  useEffect(() => {
    if (!sessionId) return
    const store = conversationStore(sessionId)
    // Nothing is said of other branches, and of reproductions, whose result is told where they were asked for.
    const tell = (generationId: string, message: (instruction: string) => string) => {
      const turn = store.state.turns.find(({ generations }) => generations.some(({ id }) => id === generationId))
      if (turn) announce(message(plainInstruction(turn.instruction)))
    }
    return followSession(atelier, sessionId, store, {
      turnId,
      fail,
      opened: (session, underWay) => {
        // A fast model may have ended before its events are heard.
        for (const { id, status } of session.turns.flatMap(({ generations }) => generations))
          if (id in underWay && status === 'succeeded') tell(id, words.conversation.ready)
          else if (id in underWay && status === 'failed') tell(id, words.conversation.notReady)
        const linked = session.turns.find(({ id }) => id === turnId)
        const imageId = linked?.generations.at(-1)?.images[0]?.id
        if (imageId) stageStore(sessionId).set((stage) => ({ ...stage, imageId }))
      },
      heard: ({ type, payload }) => {
        if (type === 'generation-succeeded') tell(payload.generationId, words.conversation.ready)
        if (type === 'generation-failed') tell(payload.generationId, words.conversation.notReady)
        if (type === 'generation-succeeded' || type === 'turn-deleted')
          void queries.invalidateQueries({ queryKey: queryKeys.sessions })
        if (type === 'generation-succeeded')
          void queries.invalidateQueries({ queryKey: queryKeys.generation(payload.generationId) })
      },
    })
    // A renewal follows it anew.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [sessionId, turnId, renewal])

  useEffect(() => {
    document.title = title ? `${title} · ${words.app.name}` : words.app.name
  }, [title])
}
