import { useId, type ReactNode } from 'react'
import styles from './parts.module.css'

/** What a {@link Progress} needs. */
export interface ProgressProps {
  /** What goes on. */
  label: ReactNode
  value: number
  of: number
  /** How far it is, in words. */
  children: ReactNode
}

/** How far something is. */
export function Progress({ label, value, of, children }: ProgressProps) {
  const id = useId()
  return (
    <div className={styles.progress}>
      <p id={id}>{label}</p>
      <p className={`${styles.soft} numbers`}>{children}</p>
      <progress aria-labelledby={id} value={value} max={of} />
    </div>
  )
}
