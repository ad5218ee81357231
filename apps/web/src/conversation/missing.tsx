import { useEffect, useRef } from 'react'
import { useAddress } from '../app/address.js'
import { useStore } from '../app/external-store.js'
import { draftStore, hasText, moveText } from '../draft/draft-store.js'
import { words } from '../messages/words.js'
import controls from '../theme/controls.module.css'
import { useConversationState } from './conversation-store.js'
import styles from './missing.module.css'

/** There is no conversation at this address, or not any more. What was being written there is kept. */
export function Missing() {
  const { sessionId, known, goTo } = useAddress()
  const deleted = useConversationState(({ status }) => status === 'deleted')
  const goOn = () => {
    if (sessionId) moveText(sessionId, null)
    goTo(null)
  }
  const written = useStore(draftStore(sessionId), hasText)
  const button = useRef<HTMLButtonElement>(null)
  // What had the focus has gone with the conversation.
  useEffect(() => {
    if (document.activeElement === document.body) button.current?.focus()
  }, [])
  return (
    <div className={styles.missing}>
      <p role="alert">{deleted ? words.app.deleted : known ? words.app.missing : words.app.nothingHere}</p>
      <button ref={button} type="button" className={controls.plain} onClick={goOn}>
        {sessionId && written ? words.app.goOnInNew : words.app.newConversation}
      </button>
    </div>
  )
}
