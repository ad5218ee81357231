import { useGoTo } from '../app/address.js'
import { words } from '../messages/words.js'
import controls from '../theme/controls.module.css'
import styles from './missing.module.css'

/** There is no conversation at this address. */
export function Missing() {
  const goTo = useGoTo()
  return (
    <div className={styles.missing} role="alert">
      <p>{words.app.missing}</p>
      <button type="button" className={controls.plain} onClick={() => goTo(null)}>
        {words.app.newConversation}
      </button>
    </div>
  )
}
