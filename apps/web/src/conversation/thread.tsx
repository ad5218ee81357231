import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { Virtualizer, type CustomContainerComponentProps, type VirtualizerHandle } from 'virtua'
import { useAddress } from '../app/address.js'
import { useStore } from '../app/external-store.js'
import { useIsWide } from '../app/use-media.js'
import { words } from '../messages/words.js'
import { useConversationState } from './conversation-store.js'
import { Sending, useUnsent } from './sending.js'
import { focusTurn, revealedTurn } from './reveal-turn.js'
import { scrolling } from './scrolling.js'
import { StartsGrid } from './starts-grid.js'
import styles from './thread.module.css'
import { TurnView } from './turn-view.js'
import { useConversationActions } from './use-conversation-actions.js'

/** Within this many pixels of the end, the thread stays at its end when something is added. */
const nearEnd = 120
/** From this many pixels to the beginning on, earlier turns are read. */
const nearBeginning = 800
/** How long the list takes to find out how large new turns are, in milliseconds. */
const measureMs = 200

function TurnList(props: CustomContainerComponentProps) {
  return <ol {...props} aria-label={words.conversation.turns} />
}

/** What was said and made, oldest first; for a new conversation what it can begin with. */
export function Thread() {
  const { turnId } = useAddress()
  const wide = useIsWide()
  const status = useConversationState((state) => state.status)
  const turns = useConversationState((state) => state.turns)
  const before = useConversationState((state) => state.before)
  const unsent = useUnsent().length
  const connected = useConversationState((state) => state.connected)
  const { showEarlier } = useConversationActions()
  const list = useRef<VirtualizerHandle>(null)
  const scroller = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)
  const lastOffset = useRef(0)
  const [prepending, setPrepending] = useState(false)
  const count = turns.length
  const newestId = turns.at(-1)?.id
  const linked = turns.findIndex(({ id }) => id === turnId)

  // The list finds its end by itself, although the sizes of turns that were never shown are a guess.
  const size = useRef({ count, unsent })
  useLayoutEffect(() => {
    size.current = { count, unsent }
  })
  const showEnd = useCallback(() => {
    list.current?.scrollToIndex(size.current.count - 1, { align: 'end' })
    // What has just been sent stands behind the turns.
    if (size.current.unsent) scroller.current?.scrollTo(0, scroller.current.scrollHeight)
  }, [])
  useLayoutEffect(() => {
    if (unsent) showEnd()
  }, [unsent, showEnd])
  // A new turn is shown, and at first the end of the conversation, or the turn that a link points to.
  useLayoutEffect(() => {
    if (!newestId) return
    if (linked >= 0) return list.current?.scrollToIndex(linked, { align: 'center' })
    atEnd.current = true
    showEnd()
  }, [newestId, linked, showEnd])

  const revealed = useStore(revealedTurn, (asked) => asked)
  const lastRevealed = useRef(revealed)
  useEffect(() => {
    const index = revealed === lastRevealed.current ? -1 : turns.findIndex(({ id }) => id === revealed?.id)
    if (index < 0) return
    lastRevealed.current = revealed
    atEnd.current = index === turns.length - 1
    list.current?.scrollToIndex(index, { align: 'center' })
    focusTurn(turns[index]!.id)
  }, [revealed, turns])

  useEffect(() => () => scrolling.set(false), [])
  const scrolled = (offset: number) => {
    const handle = list.current
    if (!handle) return
    scrolling.set(true)
    // Only scrolling up leaves the end: turns that turn out larger than they were guessed do not.
    if (handle.scrollSize - offset - handle.viewportSize < nearEnd) atEnd.current = true
    else if (offset < lastOffset.current) atEnd.current = false
    lastOffset.current = offset
    if (offset < nearBeginning && before && !prepending) setPrepending(true)
  }
  useEffect(() => {
    if (!prepending) return
    let current = true
    void showEarlier().then(() => current && setPrepending(false))
    return () => {
      current = false
    }
  }, [prepending, showEarlier])

  // Turns that do not fill the thread cannot be scrolled. What could not be read is asked for again
  // when the server is back.
  const asked = useRef<string | null>(null)
  useEffect(() => {
    if (connected) asked.current = null
  }, [connected])
  useEffect(() => {
    if (!connected || !before || count === 0 || prepending || asked.current === before) return
    const timer = setTimeout(() => {
      const { current } = scroller
      if (!current || current.scrollHeight > current.clientHeight) return
      asked.current = before
      setPrepending(true)
    }, measureMs)
    return () => clearTimeout(timer)
  }, [before, prepending, count, connected])

  if (status === 'opening')
    return (
      <div className={styles.scroll} aria-busy="true">
        <p className="hidden">{words.app.opening}</p>
        <div className={styles.skeleton} />
        <div className={styles.skeleton} />
      </div>
    )
  if (count === 0 && unsent === 0)
    return (
      <div className={styles.scroll}>
        <div className={styles.empty}>
          <h2 className={styles.welcome}>{words.conversation.welcome}</h2>
          {!wide && <StartsGrid />}
        </div>
      </div>
    )
  return (
    <div className={styles.scroll} ref={scroller}>
      <div className={styles.rest} />
      <Virtualizer
        ref={list}
        scrollRef={scroller}
        as={TurnList}
        item="li"
        data={turns}
        shift={prepending}
        bufferSize={600}
        onScroll={scrolled}
        onScrollEnd={() => scrolling.set(false)}
        onResize={() => atEnd.current && linked < 0 && showEnd()}
      >
        {(turn) => <TurnView key={turn.id} turn={turn} newest={turn.id === newestId} linked={turn.id === turnId} />}
      </Virtualizer>
      <Sending />
    </div>
  )
}
