import { AtelierApiError } from '@atelier/client'
import type { TurnInTree } from '@atelier/contracts'
import { AlertDialog } from 'radix-ui'
import { useState, type RefObject } from 'react'
import { announce } from '../app/announcer.js'
import { plainWords } from '../app/plain-words.js'
import { words } from '../messages/words.js'
import { atelier } from '../server/client.js'
import controls from '../theme/controls.module.css'
import dialogs from '../theme/dialog.module.css'
import { focusInstruction } from '../composer/focus-instruction.js'
import { useConversationState } from './conversation-store.js'
import { revealTurn } from './reveal-turn.js'
import { useConversationActions } from './use-conversation-actions.js'

/** What holds a turn back from being deleted. */
interface Obstacle {
  reason: string
  /** A turn that has to go first. */
  turnId?: string
}

function obstacleOf(error: unknown): Obstacle {
  if (!(error instanceof AtelierApiError) || error.code !== 'in_use') return { reason: plainWords(error) }
  const { turnIds = [] } = (error.details ?? {}) as { turnIds?: string[] }
  return { reason: words.conversation.heldBy(turnIds.length), ...(turnIds[0] && { turnId: turnIds[0] }) }
}

/** What {@link DeleteTurn} needs. */
export interface DeleteTurnProps {
  turn: TurnInTree
  /** What gets the focus back, unless it has gone on by then. */
  opener: RefObject<HTMLButtonElement | null>
  onClose(): void
}

/** Asks before a turn is deleted, and says what holds it. */
export function DeleteTurn({ turn, opener, onClose }: DeleteTurnProps) {
  const turns = useConversationState((state) => state.turns)
  // Where the path goes on, something builds on this turn; what does so elsewhere, the server knows.
  const after = turns.slice(turns.findIndex(({ id }) => id === turn.id) + 1)
  const newest = after.at(-1)?.id
  const [refused, setRefused] = useState<Obstacle | null>(null)
  const obstacle = newest ? { reason: words.conversation.heldBy(after.length), turnId: newest } : refused
  const [busy, setBusy] = useState(false)
  const { showTurn } = useConversationActions()
  const remove = async () => {
    setBusy(true)
    try {
      await atelier.turns.delete(turn.id)
      announce(words.conversation.deleted)
      onClose()
      const before = turns.at(-after.length - 2)
      if (before) revealTurn(before.id)
      else focusInstruction()
    } catch (error) {
      setRefused(obstacleOf(error))
      setBusy(false)
    }
  }
  const { turnId } = obstacle ?? {}
  return (
    <AlertDialog.Root open onOpenChange={(open) => !open && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className={dialogs.veil} />
        <AlertDialog.Content
          className={dialogs.dialog}
          onCloseAutoFocus={(event) => {
            event.preventDefault()
            if (document.activeElement === document.body) opener.current?.focus()
          }}
        >
          <div className={dialogs.body}>
            <AlertDialog.Title>
              {obstacle ? words.conversation.heldTitle : words.conversation.deleteTitle}
            </AlertDialog.Title>
            <AlertDialog.Description role={refused ? 'alert' : undefined}>
              {obstacle ? obstacle.reason : words.conversation.deleteNote}
            </AlertDialog.Description>
            <div className={dialogs.actions}>
              <AlertDialog.Cancel className={controls.plain}>{words.app.cancel}</AlertDialog.Cancel>
              {turnId ? (
                <button
                  type="button"
                  className={controls.primary}
                  onClick={() => {
                    onClose()
                    void showTurn(turnId).then((found) => found && revealTurn(turnId))
                  }}
                >
                  {words.conversation.showHolder}
                </button>
              ) : (
                <button type="button" className={controls.danger} disabled={busy} onClick={() => void remove()}>
                  {words.conversation.delete}
                </button>
              )}
            </div>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
