import type { Atelier } from '@atelier/client'
import type { Image } from '@atelier/contracts'
import { maxInstructionLength } from '@atelier/contracts/limits'
import { useRef, useState, type FormEvent, type KeyboardEvent } from 'react'
import type { TurnDraft } from '../conversation/use-conversation.js'
import { UploadButton } from './upload-button.js'
import { LinkedPicture } from '../conversation/linked-picture.js'

/** What a {@link Composer} needs. */
export interface ComposerProps {
  client: Atelier
  examples: string[]
  /** The picture that the instruction edits; null makes a new one. */
  base: Image | null
  error: string | null
  /** Another picture to edit, or none. */
  onBase(image: Image | null): void
  onError(error: unknown): void
  /** The error has been read. */
  onDismiss(): void
  /** Sends the turn; answers whether it went well. */
  onSend(draft: TurnDraft): Promise<boolean>
}

/** Where the next instruction is written. Enter sends, Shift+Enter begins a new line. */
export function Composer({ client, examples, base, error, onBase, onError, onDismiss, onSend }: ComposerProps) {
  const [text, setText] = useState('')
  const [sending, setSending] = useState(false)
  const field = useRef<HTMLTextAreaElement>(null)

  const send = async () => {
    if (!text.trim() || sending) return
    setSending(true)
    const images = base ? [{ imageId: base.id, maskId: null, maskMode: 'keep' as const }] : []
    if (await onSend({ instruction: text, images })) setText('')
    setSending(false)
    field.current?.focus()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void send()
  }
  const keys = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    void send()
  }
  const use = (example: string) => {
    setText(example)
    field.current?.focus()
  }

  return (
    <form className="composer" onSubmit={submit}>
      {error && (
        <p className="error" role="alert">
          {error}{' '}
          <button type="button" className="quiet" onClick={onDismiss}>
            Dismiss
          </button>
        </p>
      )}
      <Examples examples={examples} onUse={use} />
      {base && <BasePicture client={client} image={base} onRemove={() => onBase(null)} />}
      <div className="line">
        <UploadButton client={client} onBegin={onDismiss} onUploaded={onBase} onError={onError} />
        <label className="hidden" htmlFor="instruction">
          Instruction
        </label>
        <textarea
          id="instruction"
          ref={field}
          rows={1}
          value={text}
          maxLength={maxInstructionLength}
          autoFocus
          placeholder={base ? 'What would you like to change?' : 'What would you like to see?'}
          onChange={(e) => setText(e.target.value)}
          onKeyDown={keys}
        />
        <button className="primary" type="submit" disabled={!text.trim() || sending}>
          {base ? 'Edit' : 'Create'}
        </button>
      </div>
    </form>
  )
}

/** Instructions that the model does well; choosing one writes it into the field. */
function Examples({ examples, onUse }: { examples: string[]; onUse(example: string): void }) {
  if (examples.length === 0) return null
  return (
    <ul className="examples" aria-label="Examples">
      {examples.map((example) => (
        <li key={example}>
          <button type="button" className="chip" onClick={() => onUse(example)}>
            {example}
          </button>
        </li>
      ))}
    </ul>
  )
}

/** Shows which picture the next instruction edits, and lets go of it. */
function BasePicture({ client, image, onRemove }: { client: Atelier; image: Image; onRemove(): void }) {
  return (
    <p className="base">
      <LinkedPicture client={client} image={image} link="thumbnailUrl" alt="" width={36} height={36} />
      <span>Editing {image.kind === 'uploaded' ? 'your picture' : 'this picture'}</span>
      <button type="button" className="quiet" onClick={onRemove}>
        Start from scratch
      </button>
    </p>
  )
}
