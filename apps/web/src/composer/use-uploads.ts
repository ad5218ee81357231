import { AtelierApiError } from '@atelier/client'
import { useCallback, useState } from 'react'
import { announce } from '../app/announcer.js'
import { isSignedOut } from '../server/queries.js'
import { fail } from '../app/failure.js'
import { plainWords, wordsOfCode } from '../app/plain-words.js'
import { rememberFileName } from '../conversation/file-names.js'
import { pend } from '../draft/pending.js'
import { bytesOf } from '../messages/amounts.js'
import { words } from '../messages/words.js'
import { atelier } from '../server/client.js'

/** Kinds of files that can be uploaded, for `accept` and for refusing others before they are sent. */
export const pictureTypes = { 'image/png': ['.png'], 'image/jpeg': ['.jpg', '.jpeg'], 'image/webp': ['.webp'] }
/** How many files are sent at once. */
const atOnce = 2

/** How far uploads are. */
export interface UploadState {
  done: number
  count: number
  /** Of all files: bytes that have been sent, and all of them. */
  sent: number
  bytes: number
}

/** Uploads that are under way, and what became of them. */
export interface Uploads {
  /** Null: none is under way. */
  progress: UploadState | null
  /** Why files were refused, each a sentence with its name. */
  refused: string[]
  /** A turn that is sent meanwhile waits for them. */
  upload(files: File[]): void
  /** The refusals have been read. */
  dismiss(): void
}

const nothing: UploadState = { done: 0, count: 0, sent: 0, bytes: 0 }

/** Why a file is not sent at all; null: it is. */
function refusalOf({ name, size, type }: File): string | null {
  if (type && !(type in pictureTypes)) return words.composer.refusedFile(name, wordsOfCode('unsupported_image'))
  return size === 0 ? words.composer.emptyFile(name) : null
}

/** Why a file was refused. */
function wordsOfRefused({ name, size }: File, error: unknown): string {
  const { maxBytes } = (error instanceof AtelierApiError && (error.details as { maxBytes?: number })) || {}
  if (maxBytes && size > maxBytes) return words.composer.tooManyBytes(name, bytesOf(size), bytesOf(maxBytes))
  return words.composer.refusedFile(name, plainWords(error))
}

/** Uploads files in order, two at a time. */
export function useUploads(onUploaded: (imageId: string) => void): Uploads {
  const [progress, setProgress] = useState<UploadState | null>(null)
  const [refused, setRefused] = useState<string[]>([])

  const uploadAll = useCallback(
    async (files: File[]): Promise<boolean> => {
      setRefused(files.flatMap((file) => refusalOf(file) ?? []))
      const sent = files.filter((file) => refusalOf(file) === null)
      const add = (change: Partial<UploadState>) =>
        setProgress((before) => {
          const { done, count, sent: bytesSent, bytes } = before ?? nothing
          return {
            done: done + (change.done ?? 0),
            count: count + (change.count ?? 0),
            sent: bytesSent + (change.sent ?? 0),
            bytes: bytes + (change.bytes ?? 0),
          }
        })
      add({ count: sent.length, bytes: sent.reduce((sum, { size }) => sum + size, 0) })
      const one = async (file: File): Promise<string | null> => {
        let counted = 0
        // The body is a little more than the file.
        const count = (share: number) => {
          const now = Math.round(file.size * Math.min(share, 1))
          add({ sent: now - counted })
          counted = now
        }
        try {
          const { id } = await atelier.images.upload(file, { onProgress: ({ sent: of, total }) => count(of / total) })
          rememberFileName(id, file.name)
          return id
        } catch (error) {
          if (isSignedOut(error)) fail(error)
          setRefused((before) => [...before, wordsOfRefused(file, error)])
          return null
        } finally {
          count(1)
          add({ done: 1 })
        }
      }
      const uploads: Promise<string | null>[] = []
      for (const [index, file] of sent.entries())
        uploads.push((uploads[index - atOnce] ?? Promise.resolve()).then(() => one(file)))
      // Added in the order of the files, whichever arrives first.
      let added = 0
      for (const uploaded of uploads) {
        const imageId = await uploaded
        if (!imageId) continue
        added += 1
        onUploaded(imageId)
      }
      setProgress((now) => (now && now.done >= now.count ? null : now))
      if (added) announce(words.composer.added(added))
      return added === files.length
    },
    [onUploaded],
  )
  const upload = useCallback((files: File[]) => void (files.length && pend(uploadAll(files))), [uploadAll])
  const dismiss = useCallback(() => setRefused([]), [])
  return { progress, refused, upload, dismiss }
}
