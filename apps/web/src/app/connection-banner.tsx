import { useEffect, useState } from 'react'
import { useConversationState } from '../conversation/conversation-store.js'
import { words } from '../messages/words.js'
import styles from './connection-banner.module.css'
import { useOnline } from './use-media.js'

/** A connection that comes back sooner than this, in milliseconds, is not worth a word. */
const patienceMs = 800
/** How long the good news stays, in milliseconds. */
const newsMs = 2_500

/** Says that the live connection is lost, or the browser offline, and that it is back. */
export function ConnectionBanner() {
  const online = useOnline()
  const connected = useConversationState((state) => state.connected) && online
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
      {shown === 'back'
        ? words.app.reconnected
        : shown === 'nothing'
          ? ''
          : online
            ? words.app.reconnecting
            : words.app.offline}
    </p>
  )
}
