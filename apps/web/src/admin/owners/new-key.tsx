import type { Key, Scope } from '@atelier/client'
import type { CreatedKey } from '@atelier/client/admin'
import { Copy, X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { useState } from 'react'
import { copyText } from '../../app/copy-text.js'
import { useBackCloses } from '../../app/overlays.js'
import { words as chatWords } from '../../messages/words.js'
import { adminWords } from '../../messages/admin-words.js'
import controls from '../../theme/controls.module.css'
import dialogs from '../../theme/dialog.module.css'
import { focusItself } from '../../theme/focus-itself.js'
import { IconButton } from '../../theme/icon-button.js'
import { useReturnFocus } from '../../theme/use-return-focus.js'
import { Ask } from '../parts/ask.js'
import parts from '../parts/parts.module.css'
import { admin } from '../server/queries.js'

const { owners: words } = adminWords

/** When a key ends that is to hold for so many days from now; undefined: never. */
const endOf = (days: string): string | undefined =>
  Number(days) > 0 ? new Date(Date.now() + Number(days) * 86_400_000).toISOString() : undefined

/** Makes a key: of an owner, or with a new one. */
export function NewKey({ ownerId, onClose }: { ownerId?: string; onClose(): void }) {
  const [name, setName] = useState('')
  const [isAdmin, setIsAdmin] = useState(false)
  const [days, setDays] = useState('')
  const [made, setMade] = useState<CreatedKey | null>(null)
  if (made) return <Token of={made} onClose={onClose} />
  const scopes: Scope[] = isAdmin ? ['user', 'admin'] : ['user']
  return (
    <Ask
      title={ownerId ? words.newKeyTitle : words.newOwnerTitle}
      text={ownerId ? words.newKeyText : words.newOwnerText}
      yes={words.create}
      fields={
        <div className={parts.fields}>
          <label>
            {ownerId ? words.keyName : words.ownerName}
            <input
              className={controls.field}
              value={name}
              required
              maxLength={100}
              onChange={({ target }) => setName(target.value)}
            />
          </label>
          <Lifetime days={days} onChange={setDays} />
          <label className={parts.check}>
            <input type="checkbox" checked={isAdmin} onChange={({ target }) => setIsAdmin(target.checked)} />
            {words.adminScope}
          </label>
        </div>
      }
      run={async () => {
        setMade(await admin.createKey({ name: name.trim(), scopes, ownerId, expiresAt: endOf(days) }))
      }}
      // The token takes its place.
      onDone={() => {}}
      onClose={onClose}
    />
  )
}

/** Makes a new key in the place of an old one. */
export function RotateKey({ of, onClose }: { of: Key; onClose(): void }) {
  const [overlap, setOverlap] = useState('3600')
  const [days, setDays] = useState('')
  const [made, setMade] = useState<CreatedKey | null>(null)
  if (made) return <Token of={made} onClose={onClose} />
  return (
    <Ask
      title={words.rotateTitle(of.name)}
      text={words.rotateText}
      yes={words.rotate}
      fields={
        <div className={parts.fields}>
          <label>
            {words.overlap}
            <select className={controls.field} value={overlap} onChange={({ target }) => setOverlap(target.value)}>
              {Object.entries(words.overlaps).map(([seconds, text]) => (
                <option key={seconds} value={seconds}>
                  {text}
                </option>
              ))}
            </select>
          </label>
          <Lifetime days={days} onChange={setDays} />
        </div>
      }
      run={async () => {
        setMade(await admin.rotateKey(of.id, { overlapSeconds: Number(overlap), expiresAt: endOf(days) }))
      }}
      // The token takes its place.
      onDone={() => {}}
      onClose={onClose}
    />
  )
}

/** Gives a key another end. */
export function EndKey({ of, onClose }: { of: Key; onClose(): void }) {
  const [days, setDays] = useState('')
  return (
    <Ask
      title={words.endTitle(of.name)}
      text={words.endText}
      yes={words.save}
      fields={
        <div className={parts.fields}>
          <Lifetime days={days} onChange={setDays} />
        </div>
      }
      run={() => admin.endKey(of.id, endOf(days) ?? null).then(() => words.endSaved)}
      onClose={onClose}
    />
  )
}

function Lifetime({ days, onChange }: { days: string; onChange(days: string): void }) {
  return (
    <label>
      {words.lifetime}
      <input
        className={controls.field}
        type="number"
        min={1}
        max={3650}
        step={1}
        placeholder={words.never}
        value={days}
        onChange={({ target }) => onChange(target.value)}
      />
    </label>
  )
}

/** Shows a token, this once. */
function Token({ of: { token, name }, onClose }: { of: CreatedKey; onClose(): void }) {
  const returnFocus = useReturnFocus()
  // It cannot be shown again: it goes when it is told to, not by Back, Escape or a press beside it.
  useBackCloses(() => false)
  return (
    <Dialog.Root open>
      <Dialog.Portal>
        <Dialog.Overlay className={dialogs.veil} />
        <Dialog.Content
          className={dialogs.dialog}
          onCloseAutoFocus={returnFocus}
          onOpenAutoFocus={focusItself}
          onEscapeKeyDown={(event) => event.preventDefault()}
          onInteractOutside={(event) => event.preventDefault()}
        >
          <header className={dialogs.head}>
            <Dialog.Title>{words.tokenTitle(name)}</Dialog.Title>
            <IconButton icon={X} label={chatWords.app.close} onClick={onClose} />
          </header>
          <div className={dialogs.body}>
            <Dialog.Description>{words.tokenText}</Dialog.Description>
            <p className={parts.token}>
              <code>{token}</code>
              <button
                type="button"
                className={controls.plain}
                onClick={() => void copyText(token, adminWords.parts.copied)}
              >
                <Copy size={16} aria-hidden /> {adminWords.parts.copy}
              </button>
            </p>
            <div className={dialogs.actions}>
              <button type="button" className={controls.primary} onClick={onClose}>
                {words.tokenKept}
              </button>
            </div>
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
