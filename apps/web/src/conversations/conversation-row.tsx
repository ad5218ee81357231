import type { ListedSession } from '@atelier/contracts'
import { maxTitleLength } from '@atelier/contracts/limits'
import { CopyPlus, Download, Ellipsis, Image as ImageIcon, PencilLine, Trash2 } from 'lucide-react'
import { useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { Link } from 'wouter'
import { pathOf, useAddress, useGoTo } from '../app/address.js'
import { announce } from '../app/announcer.js'
import { fail } from '../app/failure.js'
import { keptConversation } from '../conversation/conversation-store.js'
import { Picture } from '../conversation/picture.js'
import { charactersOf } from '../draft/obstacle.js'
import { words } from '../messages/words.js'
import { atelier } from '../server/client.js'
import { queries, queryKeys, useImage } from '../server/queries.js'
import controls from '../theme/controls.module.css'
import { Menu, MenuItem, MenuLine } from '../theme/menu.js'
import { duplicateConversation, exportConversation } from './archives.js'
import styles from './conversation-list.module.css'
import { deleteLater } from './deletions.js'

/** What a {@link ConversationRow} needs. */
export interface ConversationRowProps {
  session: ListedSession
  /** It was opened. */
  onChosen(): void
}

/** A conversation in the list: its last picture, its title, and a menu of what can be done with it. */
export function ConversationRow({ session, onChosen }: ConversationRowProps) {
  const { id, image } = session
  const title = session.title ?? words.app.untitled
  const { sessionId } = useAddress()
  const goTo = useGoTo()
  const [renaming, setRenaming] = useState(false)
  const link = useRef<HTMLAnchorElement>(null)
  /** Where the focus goes when the menu closes; null: back to its button. */
  const focusNext = useRef<HTMLElement | 'stay' | null>(null)
  const current = id === sessionId

  const stopRenaming = () => {
    setRenaming(false)
    requestAnimationFrame(() => link.current?.focus())
  }
  const open = (copy: { id: string } | null) => {
    if (!copy) return
    goTo(copy.id)
    onChosen()
  }
  const remove = () => {
    const item = link.current?.closest('li')
    const neighbour = item?.nextElementSibling?.querySelector('a') ?? item?.previousElementSibling?.querySelector('a')
    focusNext.current = neighbour ?? document.querySelector<HTMLElement>('[data-new-conversation]')
    deleteLater(id, title, { onUndo: () => current && goTo(id) })
    if (current) goTo(null)
  }

  if (renaming) return <TitleField session={session} onDone={stopRenaming} />
  return (
    <div className={styles.row} data-current={current || undefined}>
      <Link
        ref={link}
        className={styles.link}
        href={pathOf(id)}
        aria-current={current ? 'page' : undefined}
        onClick={onChosen}
      >
        <span className={styles.thumbnail}>
          <Thumbnail key={image?.thumbnailUrl} image={image} />
        </span>
        <span className={styles.title} dir="auto">
          {title}
        </span>
      </Link>
      <Menu
        align="end"
        sideOffset={2}
        trigger={
          <button
            type="button"
            className={`${controls.icon} ${styles.more}`}
            aria-label={words.conversations.more(title)}
          >
            <Ellipsis size={18} aria-hidden />
          </button>
        }
        onCloseAutoFocus={(event) => {
          const next = focusNext.current
          focusNext.current = null
          if (!next) return
          event.preventDefault()
          if (next !== 'stay') next.focus()
        }}
      >
        <MenuItem
          onSelect={() => {
            focusNext.current = 'stay'
            setRenaming(true)
          }}
        >
          <PencilLine size={18} aria-hidden /> {words.conversations.rename}
        </MenuItem>
        <MenuItem onSelect={() => void duplicateConversation(id, title).then(open)}>
          <CopyPlus size={18} aria-hidden /> {words.conversations.duplicate}
        </MenuItem>
        <MenuItem onSelect={() => void exportConversation(id, title)}>
          <Download size={18} aria-hidden /> {words.conversations.export}
        </MenuItem>
        <MenuLine />
        <MenuItem className={styles.danger!} onSelect={remove}>
          <Trash2 size={18} aria-hidden /> {words.conversations.delete}
        </MenuItem>
      </Menu>
    </div>
  )
}

/** The last picture, or a sign for none. The links of the list expire: then the picture is asked for by itself. */
function Thumbnail({ image }: { image: ListedSession['image'] }) {
  const [expired, setExpired] = useState(false)
  const fresh = useImage(expired ? image?.id : null)
  const attributes = { width: 40, height: 40, alt: '', loading: 'lazy', decoding: 'async' } as const
  if (fresh) return <Picture {...attributes} image={fresh} link="thumbnailUrl" />
  if (!image || expired) return <ImageIcon size={16} aria-hidden />
  return <img {...attributes} src={image.thumbnailUrl} draggable={false} onError={() => setExpired(true)} />
}

/** A field for another title: Enter and leaving it save, Escape does not. */
function TitleField({ session: { id, title }, onDone }: { session: ListedSession; onDone(): void }) {
  const [value, setValue] = useState(title ?? '')
  const field = useRef<HTMLFormElement>(null)
  const done = useRef(false)
  const surplus = charactersOf(value.trim()) - maxTitleLength
  const save = async () => {
    if (done.current || surplus > 0) return
    done.current = true
    const next = value.trim()
    if (next && next !== title) {
      try {
        await atelier.sessions.update(id, { title: next })
        keptConversation(id)?.change({ type: 'renamed', title: next })
        announce(words.conversations.renamed(next))
        await queries.invalidateQueries({ queryKey: queryKeys.sessions })
      } catch (error) {
        fail(error)
      }
    }
    onDone()
  }
  // Pressing something else saves, and no more than that: what is under the mouse is not meant yet.
  useEffect(() => {
    const pressed = (event: PointerEvent) => {
      if (event.target instanceof Node && field.current?.contains(event.target)) return
      const swallow = (click: MouseEvent) => {
        click.preventDefault()
        click.stopPropagation()
      }
      document.addEventListener('click', swallow, { capture: true, once: true })
      // A press that becomes a drag has no click.
      setTimeout(() => document.removeEventListener('click', swallow, { capture: true }), 1_000)
    }
    document.addEventListener('pointerdown', pressed, { capture: true })
    return () => document.removeEventListener('pointerdown', pressed, { capture: true })
  }, [])
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return
    event.stopPropagation()
    done.current = true
    onDone()
  }
  return (
    <form
      ref={field}
      className={styles.renaming}
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <input
        className={controls.field}
        aria-label={words.conversations.newTitle}
        aria-invalid={surplus > 0}
        aria-describedby={surplus > 0 ? 'title-too-long' : undefined}
        dir="auto"
        value={value}
        autoFocus
        onFocus={(event) => event.target.select()}
        onChange={(event) => setValue(event.target.value)}
        onKeyDown={onKeyDown}
        onBlur={() => void save()}
      />
      {surplus > 0 && (
        <p id="title-too-long" className={controls.problem} role="alert">
          {words.conversations.titleTooLong(maxTitleLength, surplus)}
        </p>
      )}
    </form>
  )
}
