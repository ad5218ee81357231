import type { Atelier } from '@atelier/client'
import type { Image } from '@atelier/contracts'
import { useRef, useState, type ChangeEvent } from 'react'

/** What an {@link UploadButton} needs. */
export interface UploadButtonProps {
  client: Atelier
  /** An upload begins. */
  onBegin(): void
  onUploaded(image: Image): void
  onError(error: unknown): void
}

/** Uploads a picture of the person's own. */
export function UploadButton({ client, onBegin, onUploaded, onError }: UploadButtonProps) {
  const input = useRef<HTMLInputElement>(null)
  const [busy, setBusy] = useState(false)

  const upload = async (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0]
    event.target.value = ''
    if (!file) return
    setBusy(true)
    onBegin()
    try {
      onUploaded(await client.images.upload(file))
    } catch (error) {
      onError(error)
    }
    setBusy(false)
  }
  return (
    <>
      <input
        ref={input}
        className="hidden"
        type="file"
        accept="image/png,image/jpeg,image/webp"
        tabIndex={-1}
        aria-label="Picture to upload"
        onChange={(event) => void upload(event)}
      />
      <button
        type="button"
        className="plain"
        disabled={busy}
        aria-label="Upload a picture"
        title="Upload a picture"
        onClick={() => input.current?.click()}
      >
        {busy ? <span aria-hidden="true">…</span> : <PictureIcon />}
      </button>
    </>
  )
}

/** A framed picture, in the colour of the text around it. */
function PictureIcon() {
  return (
    <svg viewBox="0 0 24 24" width="22" height="22" fill="none" stroke="currentColor" strokeWidth="1.7" aria-hidden>
      <rect x="3.5" y="4.5" width="17" height="15" rx="3" />
      <path d="m4 16 4.5-4.5 4 4 3-3 4.5 4.5" strokeLinecap="round" strokeLinejoin="round" />
      <circle cx="15.5" cy="9" r="1.4" />
    </svg>
  )
}
