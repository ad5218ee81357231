import { X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import type { ReactNode } from 'react'
import { useBackCloses } from '../app/overlays.js'
import styles from './drawer.module.css'
import { focusItself } from './focus-itself.js'
import { IconButton } from './icon-button.js'
import { useReturnFocus } from './use-return-focus.js'

/** What a {@link Drawer} needs. */
export interface DrawerProps {
  title: string
  /** What stands beside the title. */
  note?: ReactNode
  /** Name of the button that closes it. */
  closeLabel: string
  /** CSS length. Default 27rem; never wider than the page. */
  width?: string
  onClose(): void
  children: ReactNode
}

/** A part of the page that slides over it from the side and takes the keyboard until it is closed. */
export function Drawer({ title, note, closeLabel, width, onClose, children }: DrawerProps) {
  const returnFocus = useReturnFocus()
  useBackCloses(onClose)
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className={styles.veil} />
        <Dialog.Content
          className={styles.drawer}
          style={width ? { ['--drawer-width' as string]: width } : undefined}
          aria-describedby={undefined}
          onCloseAutoFocus={returnFocus}
          onOpenAutoFocus={focusItself}
        >
          <header className={styles.head}>
            <Dialog.Title className={styles.title}>{title}</Dialog.Title>
            {note && <span className={`${styles.note} numbers`}>{note}</span>}
            <IconButton icon={X} label={closeLabel} shortcut="Esc" onClick={onClose} />
          </header>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
