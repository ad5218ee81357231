import { X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { words } from '../messages/words.js'
import dialogs from '../theme/dialog.module.css'
import { IconButton } from '../theme/icon-button.js'
import { useStore } from './external-store.js'
import { focusItself } from '../theme/focus-itself.js'
import { useBackCloses } from './overlays.js'
import styles from './shortcut-sheet.module.css'
import { keysOf, shortcuts } from './shortcuts.js'
import { useReturnFocus } from '../theme/use-return-focus.js'

const mac = /Mac|iPhone|iPad/.test(navigator.userAgent)
const signs: Record<string, string> = {
  Mod: mac ? '⌘' : 'Ctrl',
  Shift: mac ? '⇧' : 'Shift',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
  ' ': words.shortcuts.space,
}

function Keys({ keys }: { keys: string }) {
  return keysOf(keys).map((key) => <kbd key={key}>{signs[key] ?? (key.length === 1 ? key.toUpperCase() : key)}</kbd>)
}

/** All keys that work now, by part of the page. */
export default function ShortcutSheet({ onClose }: { onClose(): void }) {
  const now = useStore(shortcuts, (list) => list)
  const returnFocus = useReturnFocus()
  useBackCloses(onClose)
  const rows = [
    ...words.shortcuts.composer.map(([keys, label]) => ({ group: 'composer' as const, keys: keys!, label: label! })),
    ...now,
  ]
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className={dialogs.veil} />
        <Dialog.Content
          className={dialogs.dialog}
          aria-describedby={undefined}
          onCloseAutoFocus={returnFocus}
          onOpenAutoFocus={focusItself}
        >
          <header className={dialogs.head}>
            <Dialog.Title>{words.shortcuts.title}</Dialog.Title>
            <IconButton icon={X} label={words.app.close} onClick={onClose} />
          </header>
          <div className={styles.groups} tabIndex={0} role="group" aria-label={words.shortcuts.title}>
            {(['composer', 'everywhere', 'stage', 'mask'] as const).map((group) => {
              // Keys that do the same stand together.
              const mine = new Map<string, Set<string>>()
              for (const row of rows)
                if (row.group === group) mine.set(row.label, (mine.get(row.label) ?? new Set()).add(row.keys))
              if (mine.size === 0) return null
              return (
                <section key={group}>
                  <h3>{words.shortcuts.groups[group]}</h3>
                  <dl>
                    {Array.from(mine, ([label, all]) => (
                      <div key={label}>
                        <dt>{label}</dt>
                        {Array.from(all, (keys) => (
                          <dd key={keys}>
                            <Keys keys={keys} />
                          </dd>
                        ))}
                      </div>
                    ))}
                  </dl>
                </section>
              )
            })}
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
