import { useEffect, useState } from 'react'
import { useConversationState } from '../conversation/conversation-store.js'
import { words } from '../messages/words.js'
import styles from './connection-banner.module.css'

/** A connection that comes back sooner than this, in milliseconds, is not worth a word. */
const patienceMs = 800
/** How long the good news stays, in milliseconds. */
const newsMs = 2_500

/** Says that the live connection is lost, and that it is back. */
export function ConnectionBanner() {
  const connected = useConversationState((state) => state.connected)
  const [shown, setShown] = useState<'nothing' | 'lost' | 'back'>('nothing')
  useEffect(() => {
    if (!connected) {
      const timer = setTimeout(() => setShown('lost'), patienceMs)
      return () => clearTimeout(timer)
    }
    const back = setTimeout(() => setShown((before) => (before === 'lost' ? 'back' : before)))
    const gone = setTimeout(() => setShown('nothing'), newsMs)
    return () => {
      clearTimeout(back)
      clearTimeout(gone)
    }
  }, [connected])
  return (
    <p className={styles.banner} role="status" data-shown={shown}>
      {shown === 'lost' ? words.app.reconnecting : shown === 'back' ? words.app.reconnected : ''}
    </p>
  )
}
