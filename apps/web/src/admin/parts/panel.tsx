import type { ReactNode } from 'react'
import { useId } from 'react'
import styles from './parts.module.css'

/** What a {@link Panel} needs. */
export interface PanelProps {
  title: string
  /** Beside the title: buttons, a link, a choice. */
  actions?: ReactNode
  /** A sentence below the title. */
  note?: ReactNode
  /** Whether what is in it reaches its edges, such as a table. */
  flush?: boolean
  children: ReactNode
}

/** A part of a section, with a heading. */
export function Panel({ title, actions, note, flush, children }: PanelProps) {
  const id = useId()
  return (
    <section className={styles.panel} aria-labelledby={id}>
      <header className={styles.panelHead}>
        <h2 id={id}>{title}</h2>
        {actions && <div className={styles.actions}>{actions}</div>}
        {note && <p className={styles.note}>{note}</p>}
      </header>
      <div className={flush ? undefined : styles.panelBody}>{children}</div>
    </section>
  )
}
