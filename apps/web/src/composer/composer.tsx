import { maxInstructionLength } from '@atelier/contracts/limits'
import { ArrowUp, ImagePlus, X } from 'lucide-react'
import { useRef, useState, type ChangeEvent, type FormEvent, type KeyboardEvent } from 'react'
import { useAddress } from '../app/address.js'
import { fail } from '../app/failure.js'
import { Picture } from '../conversation/picture.js'
import { useConversationActions } from '../conversation/use-conversation-actions.js'
import { turnOf } from '../draft/draft.js'
import { useDraft } from '../draft/use-draft.js'
import { words } from '../messages/words.js'
import { atelier } from '../server/client.js'
import { useImage } from '../server/queries.js'
import { shownIdOf, useStageActions } from '../stage/stage-store.js'
import controls from '../theme/controls.module.css'
import { IconButton } from '../theme/icon-button.js'
import styles from './composer.module.css'

/** Where the next instruction is written. Enter sends, Shift+Enter begins a new line. */
export function Composer() {
  const { sessionId } = useAddress()
  const { draft, images, setText, addImage, removeImage, clear, setDraft } = useDraft()
  const { send } = useConversationActions()
  const { show } = useStageActions()
  const [sending, setSending] = useState(false)
  const file = useRef<HTMLInputElement>(null)

  const submit = async (event?: FormEvent) => {
    event?.preventDefault()
    if (!draft.text.trim() || sending) return
    setSending(true)
    clear()
    try {
      await send(turnOf(draft, shownIdOf(sessionId)))
      show(null)
    } catch (error) {
      setDraft(draft)
      fail(error)
    }
    setSending(false)
  }
  const keys = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    void submit(event as unknown as FormEvent)
  }
  const upload = async (event: ChangeEvent<HTMLInputElement>) => {
    const chosen = event.target.files?.[0]
    event.target.value = ''
    if (!chosen) return
    await atelier.images.upload(chosen).then(({ id }) => addImage(id, 0), fail)
  }

  return (
    <form className={styles.composer} onSubmit={(event) => void submit(event)}>
      {images.length > 0 && (
        <ul className={styles.pictures} aria-label={words.composer.pictures}>
          {images.map(({ imageId }) => (
            <li key={imageId}>
              <DraftPicture id={imageId} onRemove={() => removeImage(imageId)} />
            </li>
          ))}
        </ul>
      )}
      <div className={styles.line}>
        <input
          ref={file}
          className="hidden"
          type="file"
          accept="image/png,image/jpeg,image/webp"
          tabIndex={-1}
          aria-label={words.composer.upload}
          onChange={(event) => void upload(event)}
        />
        <IconButton icon={ImagePlus} label={words.composer.upload} onClick={() => file.current?.click()} />
        <textarea
          aria-label={words.composer.label}
          className={styles.text}
          rows={1}
          dir="auto"
          value={draft.text}
          maxLength={maxInstructionLength}
          placeholder={images.length ? words.composer.placeholderEdit : words.composer.placeholderNew}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={keys}
        />
        <button
          className={`${controls.primary} ${styles.send}`}
          type="submit"
          aria-label={words.composer.send}
          disabled={!draft.text.trim() || sending}
        >
          <ArrowUp size={20} aria-hidden />
        </button>
      </div>
    </form>
  )
}

function DraftPicture({ id, onRemove }: { id: string; onRemove(): void }) {
  const image = useImage(id)
  return (
    <span className={styles.chip}>
      {image && <Picture image={image} link="thumbnailUrl" alt="" />}
      <IconButton icon={X} size={16} label={words.composer.remove} onClick={onRemove} />
    </span>
  )
}
