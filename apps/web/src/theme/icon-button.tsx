import type { LucideIcon } from 'lucide-react'
import type { ComponentProps } from 'react'
import styles from './controls.module.css'
import { Tip } from './tip.js'

/** What an {@link IconButton} needs besides the attributes of a button. */
export interface IconButtonProps extends ComponentProps<'button'> {
  icon: LucideIcon
  /** What it does: its name for screen readers and its tooltip. */
  label: string
  /** Shown behind the label in the tooltip, such as `B`. */
  shortcut?: string
  /** Of the icon, in pixels. Default 20. */
  size?: number
}

/** A square button with an icon, a name and a tooltip. With `aria-pressed` it is a switch. */
export function IconButton({ icon: Icon, label, shortcut, size = 20, className, ...button }: IconButtonProps) {
  return (
    <Tip text={label} shortcut={shortcut}>
      <button
        type="button"
        aria-label={label}
        {...button}
        className={className ? `${styles.icon} ${className}` : styles.icon}
      >
        <Icon size={size} aria-hidden />
      </button>
    </Tip>
  )
}
