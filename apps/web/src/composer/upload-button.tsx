import type { Atelier } from '@atelier/client'
import type { Image } from '@atelier/contracts'
import { useRef, useState, type ChangeEvent } from 'react'

/** Uploads a picture of the person's own. */
export function UploadButton({ client, onUploaded, onError }: { client: Atelier; onUploaded(image: Image): void; onError(error: unknown): void }) {
  const input = useRef<HTMLInputElement>(null)
  const [busy, setBusy] = useState(false)

  const upload = async (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0]
    event.target.value = ''
    if (!file) return
    setBusy(true)
    onError(null)
    await client.images.upload(file).then(onUploaded, onError)
    setBusy(false)
  }
  return (
    <>
      <input ref={input} className="hidden" type="file" accept="image/png,image/jpeg,image/webp" aria-label="Picture to upload" tabIndex={-1} onChange={(e) => void upload(e)} />
      <button type="button" className="plain" disabled={busy} aria-label="Upload a picture" title="Upload a picture" onClick={() => input.current?.click()}>
        {busy ? <span aria-hidden="true">…</span> : (
          <svg viewBox="0 0 24 24" width="22" height="22" fill="none" stroke="currentColor" strokeWidth="1.7" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
            <rect x="3.5" y="4.5" width="17" height="15" rx="3" /><path d="m4 16 4.5-4.5 4 4 3-3 4.5 4.5" /><circle cx="15.5" cy="9" r="1.4" />
          </svg>
        )}
      </button>
    </>
  )
}
