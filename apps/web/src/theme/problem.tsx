import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { words } from '../messages/words.js'
import styles from './problem.module.css'

/** What a {@link Problem} needs. */
export interface ProblemProps {
  /** What is wrong and what to do, in plain words. */
  text: string
  /** The next steps, as buttons. */
  children?: ReactNode
  /** It has been read. Left out: it stays as long as it is true. */
  onDismiss?(): void
}

/** Something that went wrong, said where it happened; screen readers say it at once. */
export function Problem({ text, children, onDismiss }: ProblemProps) {
  return (
    <div className={styles.problem} role="alert">
      <p>{text}</p>
      {onDismiss && (
        <button type="button" className={styles.close} aria-label={words.app.dismiss} onClick={onDismiss}>
          <X size={16} aria-hidden />
        </button>
      )}
      {children && <span className={styles.actions}>{children}</span>}
    </div>
  )
}
