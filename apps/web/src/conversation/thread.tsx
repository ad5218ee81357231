import { useEffect, useRef } from 'react'
import { words } from '../messages/words.js'
import controls from '../theme/controls.module.css'
import { useConversationState } from './conversation-store.js'
import styles from './thread.module.css'
import { TurnView } from './turn-view.js'
import { useConversationActions } from './use-conversation-actions.js'

/** What was said and made, oldest first, or what a new conversation can begin with. */
export function Thread() {
  const status = useConversationState((state) => state.status)
  const connected = useConversationState((state) => state.connected)
  const turns = useConversationState((state) => state.turns)
  const before = useConversationState((state) => state.before)
  const actions = useConversationActions()
  const end = useRef<HTMLDivElement>(null)
  const newest = turns.at(-1)
  useEffect(() => {
    end.current?.scrollIntoView({ block: 'end' })
  }, [newest?.id, newest?.generations.at(-1)?.status])

  return (
    <div className={styles.scroll}>
      {!connected && (
        <p className={styles.banner} role="status">
          {words.app.reconnecting}
        </p>
      )}
      {status === 'missing' && <p className={styles.note}>{words.app.missing}</p>}
      {status === 'open' && turns.length === 0 && <p className={styles.welcome}>{words.conversation.welcome}</p>}
      {before && (
        <button type="button" className={controls.quiet} onClick={() => void actions.showEarlier()}>
          {words.conversation.earlier}
        </button>
      )}
      <ol className={styles.turns} aria-label={words.conversation.turns}>
        {turns.map((turn) => (
          <TurnView key={turn.id} turn={turn} />
        ))}
      </ol>
      <div ref={end} />
    </div>
  )
}
