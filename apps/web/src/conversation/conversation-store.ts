import { useAddress } from '../app/address.js'
import { ExternalStore, useStore } from '../app/external-store.js'
import {
  changeConversation,
  unreadConversation,
  type ConversationChange,
  type ConversationState,
} from './conversation-state.js'

/** What is known of one conversation, for everything on the page that shows a part of it. */
export class ConversationStore extends ExternalStore<ConversationState> {
  constructor(readonly sessionId: string | null) {
    super(sessionId ? unreadConversation : { ...unreadConversation, status: 'open' })
  }

  /** Applies a change. */
  readonly change = (change: ConversationChange): void => this.set((state) => changeConversation(state, change))
}

/** Conversations that stay known after the person has left them, so that going back shows them at once. */
const maxKept = 8
const kept = new Map<string | null, ConversationStore>()

/** The store of a conversation; null: that of a new one, which stays empty. */
export function conversationStore(sessionId: string | null): ConversationStore {
  const store = kept.get(sessionId) ?? new ConversationStore(sessionId)
  // the map keeps the order of insertion: the one used last is at its end
  kept.delete(sessionId)
  kept.set(sessionId, store)
  if (kept.size > maxKept) kept.delete(kept.keys().next().value!)
  return store
}

/** Forgets all of them: for signing out. */
export const forgetConversations = (): void => kept.clear()

/** A part of what is known of the conversation in the address; see `useStore` for `select`. */
export function useConversationState<Part>(select: (state: ConversationState) => Part): Part {
  const { sessionId } = useAddress()
  return useStore(conversationStore(sessionId), select)
}
