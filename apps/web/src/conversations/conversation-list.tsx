import { Import, Search, SquarePen, X } from 'lucide-react'
import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import { useDropzone } from 'react-dropzone'
import { Virtualizer, type VirtualizerHandle } from 'virtua'
import { useGoTo } from '../app/address.js'
import { useStore } from '../app/external-store.js'
import { useOnline } from '../app/use-media.js'
import { madePictures } from '../conversation/conversation-state.js'
import { useConversationState } from '../conversation/conversation-store.js'
import { KeyMenu } from '../keys/key-menu.js'
import { words } from '../messages/words.js'
import { queries, queryKeys } from '../server/queries.js'
import controls from '../theme/controls.module.css'
import { IconButton } from '../theme/icon-button.js'
import { importConversations } from './archives.js'
import styles from './conversation-list.module.css'
import { ConversationRow } from './conversation-row.js'
import { deletions, resumeDeletions } from './deletions.js'
import { useConversations, withDays } from './use-conversations.js'

/** How long a search waits for the next letter, in milliseconds. */
const pauseMs = 200

/** The person's conversations, the one that changed last first. `onChosen`: one of them was opened. */
export default function ConversationList({ onChosen }: { onChosen(): void }) {
  const [text, setText] = useState('')
  const query = useLater(text.trim())
  const goTo = useGoTo()
  const importAll = async (files: readonly File[]) => {
    const last = await importConversations(files)
    if (!last) return
    goTo(last.id)
    onChosen()
  }
  const dropzone = useDropzone({
    noClick: true,
    noKeyboard: true,
    onDrop: (accepted, refused) => void importAll([...accepted, ...refused.map(({ file }) => file)]),
  })
  useEffect(resumeDeletions, [])
  useNewPictures()

  return (
    <div {...dropzone.getRootProps()} className={styles.panel} data-dropping={dropzone.isDragActive || undefined}>
      <input {...dropzone.getInputProps({ 'aria-hidden': true, tabIndex: -1 })} />
      <div className={styles.top}>
        <button
          type="button"
          className={styles.new}
          data-new-conversation
          onClick={() => {
            goTo(null)
            onChosen()
          }}
        >
          <SquarePen size={18} aria-hidden /> {words.conversations.new}
        </button>
        <IconButton icon={Import} label={words.conversations.import} onClick={dropzone.open} />
      </div>
      <label className={styles.search}>
        <Search size={16} aria-hidden />
        <input
          type="search"
          value={text}
          placeholder={words.conversations.search}
          aria-label={words.conversations.search}
          maxLength={200}
          dir="auto"
          onChange={(event) => setText(event.target.value)}
        />
        {text && (
          <button
            type="button"
            className={styles.clear}
            aria-label={words.conversations.clearSearch}
            onClick={() => setText('')}
          >
            <X size={16} aria-hidden />
          </button>
        )}
      </label>
      <Conversations query={query} onChosen={onChosen} />
      <KeyMenu />
      {dropzone.isDragActive && (
        <div className={styles.drop}>
          <Import size={28} aria-hidden />
          {words.conversations.drop}
        </div>
      )}
    </div>
  )
}

function Conversations({ query, onChosen }: { query: string; onChosen(): void }) {
  const { sessions, status, error, hasNextPage, isFetching, fetchNextPage, refetch } = useConversations(query)
  const online = useOnline()
  const hidden = useStore(deletions, (state) => state)
  const scroller = useRef<HTMLDivElement>(null)
  const virtualizer = useRef<VirtualizerHandle>(null)
  const rows = useMemo(() => withDays(sessions.filter(({ id }) => !(id in hidden))), [sessions, hidden])

  const readMore = () => {
    const element = scroller.current
    // After a failure it is for the person to try again.
    if (!element || !hasNextPage || isFetching || error) return
    if (element.scrollTop + 2 * element.clientHeight >= element.scrollHeight) void fetchNextPage()
  }
  // A page that does not fill the panel cannot be scrolled.
  useEffect(readMore)

  if (status === 'pending') {
    return (
      <p className={styles.note} role="status">
        {words.conversations.loading}
      </p>
    )
  }
  const failed = status === 'error' && (
    <p className={styles.note} role="alert" data-above={rows.length > 0 || undefined}>
      {query && !online ? words.conversations.searchOffline : words.conversations.failed}
      <button type="button" className={controls.quiet} onClick={() => void refetch()}>
        {words.conversations.tryAgain}
      </button>
    </p>
  )
  if (failed && rows.length === 0) return failed
  if (!rows.length) {
    return (
      <p className={styles.note} role="status">
        {query ? words.conversations.noneFound(query) : words.conversations.none}
      </p>
    )
  }
  return (
    <>
      {failed}
      <div ref={scroller} className={styles.scroller}>
        <Virtualizer ref={virtualizer} as="ul" item="li" scrollRef={scroller} onScroll={readMore}>
          {rows.map((row) =>
            typeof row === 'string' ? (
              <h2 key={row} className={styles.day}>
                {row}
              </h2>
            ) : (
              <ConversationRow key={row.id} session={row} onChosen={onChosen} />
            ),
          )}
        </Virtualizer>
      </div>
    </>
  )
}

/** The text as it was when the person paused. */
function useLater(text: string): string {
  const [later, setLater] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setLater(text), text ? pauseMs : 0)
    return () => clearTimeout(timer)
  }, [text])
  return useDeferredValue(later)
}

/** The list shows the last picture of each conversation: it is read again when the open one has made another. */
function useNewPictures(): void {
  const made = useConversationState((state) => madePictures(state).at(-1)?.image.id)
  const open = useConversationState(({ session }) => session?.id)
  const seen = useRef({ open, made })
  useEffect(() => {
    const before = seen.current
    seen.current = { open, made }
    if (open && before.open === open && before.made !== made)
      void queries.invalidateQueries({ queryKey: queryKeys.sessions })
  }, [open, made])
}
