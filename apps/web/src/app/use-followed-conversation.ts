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
import { fail } from './failure.js'

/** Keeps the conversation of the address up to date, says what happens in it, and names the page after it. */
export function useFollowedConversation(): void {
  const { sessionId, turnId } = useAddress()
  const title = useConversationState(({ session }) => session?.title ?? null)

  useEffect(() => {
    if (!sessionId) return
    const store = conversationStore(sessionId)
    const instructionOf = (id: string) => {
      const turn = store.state.turns.find((one) => one.id === id)
      return plainInstruction(turn?.instruction ?? '')
    }
    return followSession(atelier, sessionId, store, {
      turnId,
      fail,
      opened: (session) => {
        const linked = session.turns.find(({ id }) => id === turnId)
        const imageId = linked?.generations.at(-1)?.images[0]?.id
        if (imageId) stageStore(sessionId).set((stage) => ({ ...stage, imageId }))
      },
      heard: ({ type, payload }) => {
        if (type === 'generation-succeeded') announce(words.conversation.ready(instructionOf(payload.turnId)))
        if (type === 'generation-failed') announce(words.conversation.notReady(instructionOf(payload.turnId)))
        if (type === 'generation-succeeded' || type === 'turn-deleted')
          void queries.invalidateQueries({ queryKey: queryKeys.sessions })
        if (type === 'generation-succeeded')
          void queries.invalidateQueries({ queryKey: queryKeys.generation(payload.generationId) })
      },
    })
  }, [sessionId, turnId])

  useEffect(() => {
    document.title = title ? `${title} · ${words.app.name}` : words.app.name
  }, [title])
}
