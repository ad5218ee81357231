import { useStore } from '../app/external-store.js'
import { useAddress } from '../app/address.js'
import type { WrittenTurn } from '../draft/draft.js'
import { draftStore } from '../draft/draft-store.js'
import { words } from '../messages/words.js'
import generation from './generation-view.module.css'
import { InstructionText } from './instruction-text.js'
import turn from './turn-view.module.css'

const none: readonly WrittenTurn[] = []

/** The turns that are on their way to the server. */
export function useUnsent(): readonly WrittenTurn[] {
  const { sessionId } = useAddress()
  return useStore(draftStore(sessionId), ({ unsent }) => unsent ?? none)
}

/** Turns as they were sent, until the server has taken them. */
export function Sending() {
  return useUnsent().map(({ text, parameters: { width = 1, height = 1 } }, index) => (
    // the same words may be on their way twice, and none of this holds a state
    // oxlint-disable-next-line react/no-array-index-key
    <div key={index} className={turn.turn} role="group" aria-label={words.conversation.sending}>
      <p className={turn.instruction} dir="auto">
        <InstructionText instruction={text} />
      </p>
      <figure className={generation.picture} aria-busy="true">
        <div className={generation.frame} style={{ aspectRatio: `${width} / ${height}` }}>
          <div className={generation.blank} aria-hidden="true" />
        </div>
        <figcaption className={generation.caption}>{words.conversation.sending}</figcaption>
      </figure>
    </div>
  ))
}
