import type { ReactNode } from 'react'
import { plainWords } from '../../app/plain-words.js'
import { words } from '../../messages/words.js'
import { adminWords } from '../../messages/admin-words.js'
import { Problem } from '../../theme/problem.js'
import styles from './parts.module.css'

/** What a {@link Loaded} needs. */
export interface LoadedProps<Data> {
  query: { data: Data | undefined; error: Error | null; refetch(): unknown }
  children(data: Data): ReactNode
}

/**
 * What has been read from the server. When reading it again fails, what was known before stays, and it is said that it is
 * old: wrong numbers are worse than none.
 */
export function Loaded<Data>({ query: { data, error, refetch }, children }: LoadedProps<Data>) {
  return (
    <>
      {error && (
        <div className={styles.trouble}>
          <Problem text={data === undefined ? plainWords(error) : adminWords.parts.old(plainWords(error))}>
            <button type="button" onClick={() => void refetch()}>
              {words.conversation.tryAgain}
            </button>
          </Problem>
        </div>
      )}
      {data === undefined ? !error && <p className={styles.loading}>{adminWords.parts.loading}</p> : children(data)}
    </>
  )
}
