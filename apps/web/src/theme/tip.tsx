import { Tooltip } from 'radix-ui'
import type { FocusEvent, ReactElement } from 'react'
import styles from './controls.module.css'

/** Whether the focus moves because a person goes through the page by Tab; otherwise something has put it where it is. */
let tabbing = false
document.addEventListener('keydown', ({ key }) => (tabbing = key === 'Tab'), true)
document.addEventListener('pointerdown', () => (tabbing = false), true)

/** What a {@link Tip} needs. */
export interface TipProps {
  text: string
  /** Shown behind the text, such as `B`. */
  shortcut?: string | undefined
  /** The button that it belongs to. */
  children: ReactElement
}

/**
 * A tooltip: for a mouse that rests on a button, and for whoever goes there by Tab. A focus that comes back when a dialog
 * closes opens none, because it would cover what is beside the button.
 */
export function Tip({ text, shortcut, children }: TipProps) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild onFocus={(event: FocusEvent) => !tabbing && event.preventDefault()}>
        {children}
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className={styles.tip} sideOffset={6} collisionPadding={8}>
          {text}
          {shortcut && <kbd> {shortcut}</kbd>}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  )
}
