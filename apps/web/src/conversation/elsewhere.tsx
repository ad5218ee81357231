import { useMemo } from 'react'
import { words } from '../messages/words.js'
import controls from '../theme/controls.module.css'
import { useConversationState } from './conversation-store.js'
import styles from './elsewhere.module.css'
import { useConversationActions } from './use-conversation-actions.js'

/** What is under way in branches of the conversation that are not shown. */
export function Elsewhere() {
  const underWay = useConversationState((state) => state.underWay)
  const shown = useConversationState((state) => state.turns)
  const { cancel, showTurn } = useConversationActions()
  const elsewhere = useMemo(() => {
    const ids = new Set(shown.map(({ id }) => id))
    return Object.entries(underWay).filter(([, turnId]) => !ids.has(turnId))
  }, [underWay, shown])
  const [first] = elsewhere
  if (!first) return null
  return (
    <div className={styles.elsewhere} role="group" aria-label={words.conversation.elsewhere(elsewhere.length)}>
      <p className="numbers">{words.conversation.elsewhere(elsewhere.length)}</p>
      <button type="button" className={controls.quiet} onClick={() => void showTurn(first[1])}>
        {words.conversation.show}
      </button>
      <button
        type="button"
        className={controls.quiet}
        onClick={() => void Promise.all(elsewhere.map(([id]) => cancel(id)))}
      >
        {words.conversation.cancel}
      </button>
    </div>
  )
}
