import { lazy, Suspense, useEffect, useState } from 'react'
import { PanelLeft, SquarePen } from 'lucide-react'
import { Composer } from '../composer/composer.js'
import { Thread } from '../conversation/thread.js'
import { conversationStore, useConversationState } from '../conversation/conversation-store.js'
import { followSession } from '../conversation/follow-session.js'
import { words } from '../messages/words.js'
import { atelier } from '../server/client.js'
import { useStage } from '../stage/stage-store.js'
import { IconButton } from '../theme/icon-button.js'
import { useAddress, useGoTo } from './address.js'
import { fail } from './failure.js'
import { useIsWide } from './use-media.js'
import styles from './workspace.module.css'

const ConversationList = lazy(() => import('../conversations/conversation-list.js'))
const Stage = lazy(() => import('../stage/stage.js'))
const DetailsDrawer = lazy(() => import('../details/details-drawer.js'))
const ConversationMap = lazy(() => import('../map/conversation-map.js'))

/**
 * The frame: the list of conversations, the thread with the composer, and the stage beside it. On narrow screens the list
 * is a drawer and the stage opens over the thread.
 */
export function Workspace() {
  const { sessionId, turnId } = useAddress()
  const wide = useIsWide()
  const [listOpen, setListOpen] = useState(wide)
  const { open: stageOpen, panel, setPanel } = useStage()
  const title = useConversationState(({ session }) => session?.title ?? null)
  const goTo = useGoTo()

  useEffect(() => {
    if (sessionId) return followSession(atelier, sessionId, conversationStore(sessionId), { turnId, fail })
  }, [sessionId, turnId])
  useEffect(() => {
    document.title = title ? `${title} · ${words.app.name}` : words.app.name
  }, [title])

  return (
    <div className={styles.frame} data-list={listOpen || undefined} data-stage={stageOpen || undefined}>
      {listOpen && (
        <nav className={styles.list} aria-label={words.app.conversations}>
          <Suspense>
            {/* On narrow screens choosing a conversation puts the drawer away. */}
            <ConversationList onChosen={() => !wide && setListOpen(false)} />
          </Suspense>
        </nav>
      )}
      {listOpen && !wide && <div className={styles.veil} onClick={() => setListOpen(false)} />}
      <main className={styles.thread} aria-label={words.app.thread}>
        <header className={styles.bar}>
          <IconButton
            icon={PanelLeft}
            label={listOpen ? words.app.hideList : words.app.showList}
            aria-expanded={listOpen}
            onClick={() => setListOpen(!listOpen)}
          />
          <h1 className={styles.title}>{title ?? (sessionId ? words.app.untitled : words.app.name)}</h1>
          <IconButton icon={SquarePen} label={words.app.newConversation} onClick={() => goTo(null)} />
        </header>
        <Thread />
        <Composer />
      </main>
      {(wide || stageOpen) && (
        <section className={styles.stage} aria-label={words.app.stage}>
          <Suspense>
            <Stage />
          </Suspense>
        </section>
      )}
      <Suspense>
        {panel?.kind === 'details' && (
          <DetailsDrawer generationId={panel.generationId} onClose={() => setPanel(null)} />
        )}
        {panel?.kind === 'map' && <ConversationMap onClose={() => setPanel(null)} />}
      </Suspense>
    </div>
  )
}
