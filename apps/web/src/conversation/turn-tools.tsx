import type { TurnInTree } from '@atelier/contracts'
import { ChevronLeft, ChevronRight, MoreHorizontal, Pencil, RefreshCw, type LucideIcon } from 'lucide-react'
import { memo, useRef, useState, type ComponentProps } from 'react'
import { linkTo } from '../app/address.js'
import { copyText } from '../app/copy-text.js'
import { focusInstruction } from '../composer/focus-instruction.js'
import { useDraftActions } from '../draft/use-draft.js'
import { words } from '../messages/words.js'
import { useStageActions, type StagePanel } from '../stage/stage-store.js'
import controls from '../theme/controls.module.css'
import { Menu, MenuItem, MenuLine } from '../theme/menu.js'
import { DeleteTurn } from './delete-turn.js'
import { useOnceAtRest } from './scrolling.js'
import styles from './turn-tools.module.css'
import { useConversationActions } from './use-conversation-actions.js'

/** Whether a turn has the same tools: the steps of a generation change none of them. */
function sameTools({ turn: a }: { turn: TurnInTree }, { turn: b }: { turn: TurnInTree }): boolean {
  const ends = ({ generations }: TurnInTree) => generations.map(({ id, finishedAt }) => `${id}${finishedAt}`).join()
  return a.id === b.id && a.siblingIndex === b.siblingIndex && a.siblingCount === b.siblingCount && ends(a) === ends(b)
}

/**
 * What can be done with a turn: its versions, sending it again, looking into it, deleting it. A turn that only passes by while
 * the thread is being scrolled does without: a third of its cost are its tools.
 */
export const TurnTools = memo(function TurnTools({ turn }: { turn: TurnInTree }) {
  return useOnceAtRest() ? <Tools turn={turn} /> : <div className={styles.tools} />
}, sameTools)

function Tools({ turn }: { turn: TurnInTree }) {
  const { retry, cancel } = useConversationActions()
  const { edit } = useDraftActions()
  const { setPanel } = useStageActions()
  const moreButton = useRef<HTMLButtonElement>(null)
  const [deleting, setDeleting] = useState(false)
  const generation = turn.generations.at(-1)
  // One that is still waiting could not be reproduced yet.
  const looked = turn.generations.findLast(({ status }) => status === 'succeeded') ?? generation
  const ended = generation && generation.finishedAt !== null
  const underWay = turn.generations.filter(({ finishedAt }) => finishedAt === null)
  const beginEdit = () => {
    edit(turn)
    focusInstruction()
  }
  // The panel gives the focus back to what had it: an entry of the menu would be gone by then.
  const openPanel = (panel: StagePanel) => {
    moreButton.current?.focus()
    setPanel(panel)
  }
  const copyLink = () => copyText(linkTo(turn.sessionId, turn.id), words.conversation.linkCopied)
  return (
    <div className={styles.tools} role="group" aria-label={words.conversation.tools}>
      {turn.siblingCount > 1 && <Versions turn={turn} />}
      <span className={styles.quiet}>
        <Tool icon={Pencil} label={words.conversation.edit} onClick={beginEdit} />
        {ended && (
          <Tool icon={RefreshCw} label={words.conversation.newSeed} onClick={() => void retry(generation.id)} />
        )}
        <Menu
          trigger={<Tool ref={moreButton} icon={MoreHorizontal} label={words.conversation.more} />}
          // Editing puts the focus into the instruction, where it stays.
          onCloseAutoFocus={(event) => document.activeElement?.id === 'instruction' && event.preventDefault()}
        >
          <MenuItem onSelect={() => setTimeout(beginEdit)}>{words.conversation.editLong}</MenuItem>
          {ended && <MenuItem onSelect={() => void retry(generation.id)}>{words.conversation.newSeed}</MenuItem>}
          {looked && (
            <MenuItem onSelect={() => openPanel({ kind: 'details', generationId: looked.id })}>
              {words.conversation.details}
            </MenuItem>
          )}
          <MenuItem onSelect={() => openPanel({ kind: 'map' })}>{words.conversation.map}</MenuItem>
          <MenuItem onSelect={() => void copyLink()}>{words.conversation.copyLink}</MenuItem>
          <MenuLine />
          <MenuItem onSelect={() => setDeleting(true)}>{words.conversation.delete}</MenuItem>
        </Menu>
      </span>
      {underWay.length > 1 && (
        <button
          type="button"
          className={controls.quiet}
          onClick={() => void Promise.all(underWay.map(({ id }) => cancel(id)))}
        >
          {words.conversation.cancelAll}
        </button>
      )}
      {deleting && <DeleteTurn turn={turn} opener={moreButton} onClose={() => setDeleting(false)} />}
    </div>
  )
}

interface ToolProps extends ComponentProps<'button'> {
  icon: LucideIcon
  label: string
}

/** A small button of a turn. A long thread has many, so its tooltip is the browser's own. */
function Tool({ icon: Icon, label, ...button }: ToolProps) {
  return (
    <button type="button" aria-label={label} title={label} {...button} className={controls.icon}>
      <Icon size={16} aria-hidden />
    </button>
  )
}

/** Which of the turns with the same parent is shown, and the way to the others. */
function Versions({ turn }: { turn: TurnInTree }) {
  const { siblingIndex: index, siblingCount: count } = turn
  const { showSibling } = useConversationActions()
  const step = (to: number) => {
    if (to >= 0 && to < count) void showSibling(turn, to)
  }
  // Not `disabled` at the ends: the focus would be lost there.
  return (
    <span className={styles.versions} role="group" aria-label={words.conversation.versions}>
      <Tool
        icon={ChevronLeft}
        label={words.conversation.previousVersion}
        aria-disabled={index === 0}
        onClick={() => step(index - 1)}
      />
      <span className="numbers">{words.conversation.versionOf(index + 1, count)}</span>
      <Tool
        icon={ChevronRight}
        label={words.conversation.nextVersion}
        aria-disabled={index === count - 1}
        onClick={() => step(index + 1)}
      />
    </span>
  )
}
