import { Keyboard, Network, PanelLeft, SquarePen } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { useEffect, useState, type ReactNode } from 'react'
import { focusInstruction, instructionId } from '../composer/focus-instruction.js'
import { Conversation } from '../conversation/conversation.js'
import { DropArea } from '../conversation/drop-area.js'
import { useConversationState } from '../conversation/conversation-store.js'
import { Missing } from '../conversation/missing.js'
import { useUnsent } from '../conversation/sending.js'
import { StartsGrid } from '../conversation/starts-grid.js'
import { words } from '../messages/words.js'
import { useStage } from '../stage/stage-store.js'
import { focusItself } from '../theme/focus-itself.js'
import { IconButton } from '../theme/icon-button.js'
import { useAddress, useGoTo } from './address.js'
import { ConnectionBanner } from './connection-banner.js'
import { lazyPart, loadPartsInIdleTime } from './lazy-part.js'
import { useBackCloses } from './overlays.js'
import { Part } from './part.js'
import { useShortcuts } from './shortcuts.js'
import { useFollowedConversation } from './use-followed-conversation.js'
import { useIsWide } from './use-media.js'
import styles from './workspace.module.css'
import { useReturnFocus } from '../theme/use-return-focus.js'

const ConversationList = lazyPart(() => import('../conversations/conversation-list.js'))
const Stage = lazyPart(() => import('../stage/stage.js'))
const DetailsDrawer = lazyPart(() => import('../details/details-drawer.js'))
const ConversationMap = lazyPart(() => import('../map/conversation-map.js'))
const ShortcutSheet = lazyPart(() => import('./shortcut-sheet.js'))

const listKey = 'atelier.list'

/** Whether the list of conversations is shown. On wide screens that is remembered. */
function useList(wide: boolean) {
  const [column, setColumn] = useState(() => localStorage.getItem(listKey) !== 'hidden')
  const [drawer, setDrawer] = useState(false)
  const set = (open: boolean) => {
    if (!wide) return setDrawer(open)
    setColumn(open)
    localStorage.setItem(listKey, open ? 'shown' : 'hidden')
  }
  return { open: wide ? column : drawer, set }
}

/**
 * The frame: the list of conversations, the thread with the composer, and the stage beside it. On narrow screens the list
 * is a drawer and the stage opens over the thread.
 */
export function Workspace() {
  const { sessionId, known } = useAddress()
  const wide = useIsWide()
  const list = useList(wide)
  const [sheet, setSheet] = useState(false)
  const { open: stageOpen, panel, shownId, setPanel, close } = useStage()
  const title = useConversationState(({ session }) => session?.title ?? null)
  const gone = useConversationState(({ status }) => status === 'missing' || status === 'deleted')
  const missing = gone || !known
  const sending = useUnsent().length > 0
  const empty = useConversationState(({ status, turns }) => status === 'open' && turns.length === 0)
  const goTo = useGoTo()
  useFollowedConversation()
  useEffect(loadPartsInIdleTime, [])

  const begin = () => {
    goTo(null)
    setTimeout(focusInstruction)
  }
  useShortcuts([
    { keys: '/', label: words.shortcuts.write, group: 'everywhere', run: focusInstruction },
    { keys: 'n', label: words.shortcuts.newConversation, group: 'everywhere', run: begin },
    { keys: 'l', label: words.shortcuts.list, group: 'everywhere', run: () => list.set(!list.open) },
    { keys: 'm', label: words.shortcuts.map, group: 'everywhere', run: () => sessionId && setPanel({ kind: 'map' }) },
    { keys: '?', label: words.shortcuts.show, group: 'everywhere', run: () => setSheet(true) },
  ])

  const conversations = (
    <Part>
      {/* On narrow screens choosing a conversation puts the drawer away. */}
      <ConversationList onChosen={() => !wide && list.set(false)} />
    </Part>
  )
  const stage = (
    <Part>
      {missing ? null : empty && !shownId && !sending ? (
        <div className={styles.starts}>
          <StartsGrid />
        </div>
      ) : (
        <Stage />
      )}
    </Part>
  )
  return (
    <div className={styles.frame} data-list={(wide && list.open) || undefined}>
      {!missing && (
        <a className={styles.skip} href={`#${instructionId}`} onClick={skipToInstruction}>
          {words.app.skipToComposer}
        </a>
      )}
      {wide && list.open && (
        <nav className={styles.list} aria-label={words.app.conversations}>
          {conversations}
        </nav>
      )}
      {!wide && list.open && (
        <Layer className={styles.list!} title={words.app.conversations} onClose={() => list.set(false)}>
          {conversations}
        </Layer>
      )}
      <main className={styles.thread}>
        <header className={styles.bar}>
          <IconButton
            icon={PanelLeft}
            label={list.open ? words.app.hideList : words.app.showList}
            shortcut="L"
            aria-expanded={list.open}
            onClick={() => list.set(!list.open)}
          />
          <h1 className={styles.title} dir="auto">
            {title ?? (missing ? words.app.notFound : sessionId ? words.app.untitled : words.app.newConversation)}
          </h1>
          {!wide && !empty && (
            <IconButton
              icon={Network}
              label={words.shortcuts.map}
              shortcut="M"
              onClick={() => setPanel({ kind: 'map' })}
            />
          )}
          {wide && (
            <IconButton icon={Keyboard} label={words.shortcuts.title} shortcut="?" onClick={() => setSheet(true)} />
          )}
          {!(wide && list.open) && (
            <IconButton icon={SquarePen} label={words.app.newConversation} shortcut="N" onClick={begin} />
          )}
        </header>
        <ConnectionBanner />
        <Part key={sessionId}>{missing ? <Missing /> : <Conversation />}</Part>
      </main>
      {wide ? (
        <section className={styles.stage} aria-label={words.app.stage}>
          {missing ? stage : <DropArea>{stage}</DropArea>}
        </section>
      ) : (
        stageOpen && (
          <Layer className={styles.stage!} title={words.app.stage} onClose={close}>
            {stage}
          </Layer>
        )
      )}
      {panel?.kind === 'details' && (
        <Part title={words.stage.details} onClose={() => setPanel(null)}>
          <DetailsDrawer generationId={panel.generationId} onClose={() => setPanel(null)} />
        </Part>
      )}
      {panel?.kind === 'map' && (
        <Part title={words.map.title} onClose={() => setPanel(null)}>
          <ConversationMap onClose={() => setPanel(null)} />
        </Part>
      )}
      {sheet && (
        <Part title={words.shortcuts.title} onClose={() => setSheet(false)}>
          <ShortcutSheet onClose={() => setSheet(false)} />
        </Part>
      )}
    </div>
  )
}

function skipToInstruction(event: { preventDefault(): void }): void {
  event.preventDefault()
  focusInstruction()
}

interface LayerProps {
  className: string
  /** For screen readers. */
  title: string
  onClose(): void
  children: ReactNode
}

/** A part of the page that lies over the thread on narrow screens. */
function Layer({ className, title, onClose, children }: LayerProps) {
  const returnFocus = useReturnFocus()
  useBackCloses(onClose)
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className={styles.veil} />
        <Dialog.Content
          className={className}
          aria-describedby={undefined}
          onCloseAutoFocus={returnFocus}
          onOpenAutoFocus={focusItself}
        >
          <Dialog.Title className="hidden">{title}</Dialog.Title>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
