import type { SessionWithTurns } from '@atelier/contracts'
import { useAddress } from '../app/address.js'
import { ExternalStore, useStore } from '../app/external-store.js'
import {
  changeConversation,
  unreadConversation,
  type ConversationChange,
  type ConversationState,
} from './conversation-state.js'

/** How often a path is read at most while each answer is older than what the events have told. */
const maxReads = 5

/** What is known of one conversation, for everything on the page that shows a part of it. */
export class ConversationStore extends ExternalStore<ConversationState> {
  constructor(readonly sessionId: string | null) {
    super(sessionId ? unreadConversation : { ...unreadConversation, status: 'open' })
  }

  /** Applies a change. */
  readonly change = (change: ConversationChange): void => this.set((state) => changeConversation(state, change))

  /** The newest turn of the path that is shown. */
  get newestId(): string | undefined {
    return this.state.turns.at(-1)?.id
  }

  /**
   * Shows another path, as `read` answers; that is asked again when the events have told more meanwhile.
   *
   * @param known - what it has answered already
   */
  async show(read: () => Promise<SessionWithTurns>, known?: SessionWithTurns): Promise<void> {
    let session = known ?? (await read())
    for (let reads = 1; session.lastSeq < this.state.lastSeq && reads < maxReads; reads++) session = await read()
    this.change({ type: 'opened', session })
  }
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
  for (const [id, old] of kept) if (kept.size > maxKept && old !== store && !old.followed) kept.delete(id)
  return store
}

/** The store of a conversation that has been open; undefined: it has not, or too long ago. */
export const keptConversation = (sessionId: string): ConversationStore | undefined => kept.get(sessionId)

/** Forgets all of them: for signing out. */
export const forgetConversations = (): void => kept.clear()

/** A part of what is known of the conversation in the address; see `useStore` for `select`. */
export function useConversationState<Part>(select: (state: ConversationState) => Part): Part {
  const { sessionId } = useAddress()
  return useStore(conversationStore(sessionId), select)
}
