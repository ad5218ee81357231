import { ArrowUp, AtSign, ImagePlus, SlidersHorizontal } from 'lucide-react'
import { Popover } from 'radix-ui'
import {
  memo,
  useCallback,
  useEffect,
  useId,
  useRef,
  useState,
  type FormEvent,
  type KeyboardEvent,
  type RefObject,
} from 'react'
import { useAddress } from '../app/address.js'
import { useOnline } from '../app/use-media.js'
import { announce } from '../app/announcer.js'
import { fail } from '../app/failure.js'
import { lazyPart } from '../app/lazy-part.js'
import { Part } from '../app/part.js'
import { useConversationState } from '../conversation/conversation-store.js'
import { useConversationActions } from '../conversation/use-conversation-actions.js'
import {
  turnIn,
  turnOf,
  withoutRefused,
  withoutText,
  withoutUnsent,
  withAttempt,
  withPutBack,
  withReached,
  withRefused,
  withUnsent,
  type WrittenTurn,
} from '../draft/draft.js'
import { draftStore } from '../draft/draft-store.js'
import { arePendingDone } from '../draft/pending.js'
import { useDraft } from '../draft/use-draft.js'
import { words } from '../messages/words.js'
import { isSignedOut } from '../server/queries.js'
import { SettingChips } from '../settings/setting-chips.js'
import { shownIdOf, stageStore } from '../stage/stage-store.js'
import controls from '../theme/controls.module.css'
import { IconButton } from '../theme/icon-button.js'
import { Problem } from '../theme/problem.js'
import styles from './composer.module.css'
import { Counter } from './counter.js'
import { DraftImages } from './draft-images.js'
import { instructionId } from './focus-instruction.js'
import { InstructionEditor, type InstructionEditorHandle } from './instruction-editor.js'
import { MentionPicker, type MentionPickerHandle } from './mention-picker.js'
import { ObstacleNote, reasonOf, Refusal } from './refusal.js'
import { Suggestions } from './suggestions.js'
import { useObstacle } from './use-obstacle.js'
import type { Uploads } from './use-uploads.js'

const SettingsPanel = lazyPart(() => import('../settings/settings-panel.js'))

/** Why files were refused, in as many lines as leave room for the conversation. */
const linesOf = (refusals: readonly string[]): string => {
  const more = refusals.length - maxRefusals
  return [...refusals.slice(0, maxRefusals), ...(more > 0 ? [words.composer.moreRefused(more)] : [])].join('\n')
}
const maxRefusals = 4

const finePointer = () => window.matchMedia('(pointer: fine)').matches

/** The buttons below the text; typing changes none of them. */
const Tools = memo(function Tools({ chooseFiles, editor }: ToolsProps) {
  return (
    <>
      <IconButton icon={ImagePlus} label={words.composer.upload} onClick={chooseFiles} />
      <IconButton icon={AtSign} label={words.composer.mention} onClick={() => editor.current?.insert('@')} />
      <Popover.Trigger asChild>
        <IconButton icon={SlidersHorizontal} label={words.settings.title} />
      </Popover.Trigger>
    </>
  )
})

interface ToolsProps {
  chooseFiles(): void
  editor: RefObject<InstructionEditorHandle | null>
}

/** What a {@link Composer} needs. */
export interface ComposerProps {
  uploads: Uploads
  /** Opens the browser's dialog to choose files. */
  chooseFiles(): void
}

/** Where the next turn is written. Enter sends, Shift+Enter begins a new line, `@` mentions a picture. */
export function Composer({ uploads, chooseFiles }: ComposerProps) {
  const { sessionId } = useAddress()
  const { draft, images, setText, setDraft } = useDraft()
  const { send } = useConversationActions()
  const turns = useConversationState((state) => state.turns)
  const editor = useRef<InstructionEditorHandle>(null)
  const [beginning, setBeginning] = useState(false)
  /** Whether the turn is sent as soon as its pictures and masks are there. */
  const [waiting, setWaiting] = useState(false)
  const [search, setSearch] = useState<string | null>(null)
  const picker = useRef<MentionPickerHandle>(null)
  const [picking, setPicking] = useState<{ optionId: string | undefined } | null>(null)
  const [recalled, setRecalled] = useState(0)
  const listId = useId()
  const obstacle = useObstacle()

  const { progress, refused: refusedFiles, upload, dismiss } = uploads
  const onFiles = useCallback((files: File[]) => upload(files), [upload])

  useEffect(() => {
    // On touch screens the keyboard would cover half of the page.
    if (finePointer()) editor.current?.focus()
  }, [])
  // Once the server is in reach again, that it was not is no news.
  const online = useOnline()
  const reachable = useConversationState(({ connected }) => connected) && online
  const lastReach = useRef({ sessionId, reachable })
  useEffect(() => {
    const { current: last } = lastReach
    if (reachable && last.sessionId === sessionId && !last.reachable) draftStore(sessionId).set(withReached)
    lastReach.current = { sessionId, reachable }
  }, [reachable, sessionId])
  /** Escape has put the list of pictures away: it stays away from this `@`. */
  const searchEnded = useRef(false)
  const onSearch = useCallback((next: string | null) => {
    if (next === null) searchEnded.current = false
    setSearch(searchEnded.current ? null : next)
  }, [])
  const endSearch = () => {
    searchEnded.current = true
    setSearch(null)
  }

  const sendTurn = async (written: WrittenTurn, onLongText?: 'truncate') => {
    if (!written.text.trim() || beginning || obstacle) return
    setRecalled(0)
    // The button that sent it cannot be pressed now, and would lose the focus.
    if (finePointer()) editor.current?.focus()
    const newest = turns.at(-1)?.id
    const { imageId: chosenId } = stageStore(sessionId).state
    const turn = turnOf(written, shownIdOf(sessionId))
    const follows = turn.images?.length === 0 && newest && !written.replaces ? { parentTurnId: newest } : {}
    const sent = withAttempt(written, { ...turn, ...(onLongText && { onLongText }), ...follows }, chosenId)
    draftStore(sessionId).set((now) => withUnsent(now, sent))
    setBeginning(!sessionId)
    try {
      const { sessionId: id } = await send(sent.attempt.body, sent.attempt.key)
      draftStore(id).set((now) => withoutUnsent(now, sent))
      stageStore(sessionId).set((stage) => ({ ...stage, imageId: null, tool: 'look' }))
      announce(words.composer.sent)
    } catch (error) {
      if (isSignedOut(error)) fail(error)
      draftStore(sessionId).set((now) => withRefused(now, sent, reasonOf(error)))
    }
    setBeginning(false)
  }
  const sendWritten = async () => {
    if (waiting) return
    setWaiting(true)
    if (await arePendingDone()) void sendTurn(turnIn(draftStore(sessionId).state))
    setWaiting(false)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void sendWritten()
  }

  const write = useCallback(
    (text: string) => {
      setText(text)
      editor.current?.focus()
    },
    [setText],
  )
  const choose = (imageId: string) => {
    setSearch(null)
    editor.current?.mention(imageId)
  }
  /** Walks through the earlier instructions, unless something else is written: that would be lost. */
  const recall = (step: number): boolean => {
    const at = draft.text ? recalled : 0
    if (draft.text && (at === 0 || draft.text !== turns.at(-at)?.instruction)) return false
    const place = Math.min(Math.max(at + step, 0), turns.length)
    setRecalled(place)
    setText(place === 0 ? '' : (turns.at(-place)?.instruction ?? ''))
    return true
  }
  const keys = (event: KeyboardEvent<HTMLElement>) => {
    if (event.nativeEvent.isComposing) return
    if (picker.current?.press(event.key)) {
      // done
    } else if (event.key === 'Enter' && !event.shiftKey) void sendWritten()
    else if (!(event.key === 'ArrowUp' && recall(1)) && !(event.key === 'ArrowDown' && recall(-1))) return
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    <form className={styles.composer} onSubmit={submit}>
      {draft.replaces && (
        <p className={styles.note}>
          {words.composer.replacing}
          <button type="button" className={controls.quiet} onClick={() => setDraft(withoutText(draft))}>
            {words.app.cancel}
          </button>
        </p>
      )}
      {draft.refused?.map((refused, index) => (
        <Refusal
          // oxlint-disable-next-line react/no-array-index-key -- the same words may have been refused twice
          key={index}
          refused={refused}
          replaced={draft.text !== refused.turn.text}
          onDismiss={() => setDraft(withoutRefused(draft, refused))}
          onRestore={() => setDraft(withPutBack(draft, refused))}
          onTruncate={() => void sendTurn(refused.turn, 'truncate')}
        />
      ))}
      {refusedFiles.length > 0 && <Problem text={linesOf(refusedFiles)} onDismiss={dismiss} />}
      {turns.length > 0 || draft.text ? (
        <Suggestions
          text={draft.text}
          edits={images.length > 0}
          {...(draft.model && { model: draft.model })}
          onUse={write}
        />
      ) : null}
      <Popover.Root>
        <Popover.Anchor asChild>
          <div className={styles.card}>
            {search !== null && (
              <MentionPicker
                ref={picker}
                listId={listId}
                search={search}
                drafted={images}
                onChoose={choose}
                onClose={endSearch}
                onShown={setPicking}
              />
            )}
            <DraftImages elongatedId={obstacle?.kind === 'elongated' ? obstacle.imageId : undefined} />
            {progress && (
              <p className={styles.note} role="status">
                {words.composer.uploading(progress.done + 1, progress.count)}
                {waiting && words.composer.sentThen}
                <progress aria-label={words.composer.upload} value={progress.sent} max={progress.bytes} />
              </p>
            )}
            {obstacle && <ObstacleNote obstacle={obstacle} />}
            <InstructionEditor
              ref={editor}
              text={draft.text}
              label={words.composer.label}
              placeholder={images.length ? words.composer.placeholderEdit : words.composer.placeholderNew}
              onText={setText}
              onSearch={onSearch}
              onKeyDown={keys}
              onFiles={onFiles}
              listId={picking ? listId : undefined}
              optionId={picking?.optionId}
            />
            <SettingChips />
            <div className={styles.tools}>
              <Tools chooseFiles={chooseFiles} editor={editor} />
              <Counter />
              <button
                className={`${controls.primary} ${styles.send}`}
                type="submit"
                aria-label={words.composer.send}
                disabled={!draft.text.trim() || beginning || obstacle !== null}
              >
                <ArrowUp size={20} aria-hidden />
              </button>
            </div>
          </div>
        </Popover.Anchor>
        <Popover.Portal>
          <Popover.Content
            aria-label={words.settings.title}
            // Whoever writes already again is not interrupted.
            onCloseAutoFocus={(event) => document.activeElement?.id === instructionId && event.preventDefault()}
            className={styles.settings}
            side="top"
            align="start"
            sideOffset={8}
            collisionPadding={8}
          >
            <Part>
              <SettingsPanel />
            </Part>
          </Popover.Content>
        </Popover.Portal>
      </Popover.Root>
    </form>
  )
}
