import { useStore } from '../../app/external-store.js'
import { adminWords } from '../../messages/admin-words.js'
import styles from '../parts/parts.module.css'
import { liveState } from './live.js'

/** Says whether what is shown is kept up to date. */
export function LiveLine() {
  const state = useStore(liveState, (value) => value)
  return (
    <p role="status" className={styles.live} data-state={state}>
      {state === 'live' ? adminWords.shell.live : state === 'lost' ? adminWords.shell.lost : ''}
    </p>
  )
}
