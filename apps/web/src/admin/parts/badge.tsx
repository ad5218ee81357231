import type { ReactNode } from 'react'
import styles from './parts.module.css'

/** What a state means to an operator: all is well, something is going on, look here, something is wrong. */
export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'still'

/** A state in a word. Its colour says nothing that the word does not. */
export const Badge = ({ tone, children }: { tone: Tone; children: ReactNode }) => (
  <span className={styles.badge} data-tone={tone}>
    {children}
  </span>
)
