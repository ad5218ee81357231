import { AlertDialog } from 'radix-ui'
import { useState, type FormEvent, type ReactNode } from 'react'
import { isSignedOut } from '../../server/queries.js'
import { fail } from '../../app/failure.js'
import { useBackCloses } from '../../app/overlays.js'
import { plainWords } from '../../app/plain-words.js'
import { toast } from '../../app/toasts.js'
import { words } from '../../messages/words.js'
import controls from '../../theme/controls.module.css'
import dialogs from '../../theme/dialog.module.css'
import { useReturnFocus } from '../../theme/use-return-focus.js'
import { refresh } from '../server/queries.js'

/** What is asked before something is done. */
export interface Question {
  title: string
  /** What will happen, and what will not. */
  text: ReactNode
  /** The button that does it: a verb. */
  yes: string
  /** Something is lost by it. */
  danger?: boolean
  /** Fields to fill in. */
  fields?: ReactNode
}

/** What an {@link Ask} needs besides its question. */
export interface AskProps extends Question {
  /** Does it. @returns what to tell when it is done; nothing: it has been told otherwise */
  run(): Promise<string | void>
  /** Default: as when it is closed. */
  onDone?: () => void
  onClose(): void
}

/** A dialog that says what will happen, and does it when told so, and stays until that is done. When that fails it says why. */
export function Ask({ title, text, yes, danger, fields, run, onClose, onDone = onClose }: AskProps) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const returnFocus = useReturnFocus()
  // Not while it is being done: its answer, such as a key, may be shown only here.
  const close = () => !busy && onClose()
  useBackCloses(close)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setProblem(null)
    try {
      const told = await run()
      if (told) toast.success(told)
      refresh()
      onDone()
    } catch (error) {
      setBusy(false)
      if (isSignedOut(error)) return fail(error)
      setProblem(plainWords(error))
    }
  }
  return (
    <AlertDialog.Root open onOpenChange={(open) => !open && close()}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className={dialogs.veil} />
        <AlertDialog.Content className={dialogs.dialog} onCloseAutoFocus={returnFocus}>
          <form className={dialogs.body} onSubmit={(event) => void submit(event)}>
            <AlertDialog.Title>{title}</AlertDialog.Title>
            <AlertDialog.Description asChild>
              <div>{text}</div>
            </AlertDialog.Description>
            {fields}
            {problem && (
              <p className={controls.problem} role="alert">
                {problem}
              </p>
            )}
            <div className={dialogs.actions}>
              <AlertDialog.Cancel className={controls.plain} aria-disabled={busy || undefined}>
                {words.app.cancel}
              </AlertDialog.Cancel>
              <button type="submit" className={danger ? controls.danger : controls.primary} disabled={busy}>
                {yes}
              </button>
            </div>
          </form>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
