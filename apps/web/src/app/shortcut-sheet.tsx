import { X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { words } from '../messages/words.js'
import dialogs from '../theme/dialog.module.css'
import { IconButton } from '../theme/icon-button.js'
import { useStore } from './external-store.js'
import styles from './shortcut-sheet.module.css'
import { shortcuts } from './shortcuts.js'

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
  return keys.split('+').map((key) => <kbd key={key}>{signs[key] ?? (key.length === 1 ? key.toUpperCase() : key)}</kbd>)
}

/** All keys that work now, by part of the page. */
export default function ShortcutSheet({ onClose }: { onClose(): void }) {
  const all = useStore(shortcuts, (list) => list)
  const rows = [
    ...words.shortcuts.composer.map(([keys, label]) => ({ group: 'composer' as const, keys: keys!, label: label! })),
    ...all,
  ]
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className={dialogs.veil} />
        <Dialog.Content className={dialogs.dialog} aria-describedby={undefined}>
          <header className={dialogs.head}>
            <Dialog.Title>{words.shortcuts.title}</Dialog.Title>
            <IconButton icon={X} label={words.app.close} onClick={onClose} />
          </header>
          <div className={styles.groups}>
            {(['composer', 'everywhere', 'stage', 'mask'] as const).map((group) => {
              const mine = rows.filter((row) => row.group === group)
              if (mine.length === 0) return null
              return (
                <section key={group}>
                  <h3>{words.shortcuts.groups[group]}</h3>
                  <dl>
                    {mine.map(({ keys, label }) => (
                      <div key={keys}>
                        <dt>{label}</dt>
                        <dd>
                          <Keys keys={keys} />
                        </dd>
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
