import { useCallback, useState } from 'react'
import { announce } from '../app/announcer.js'
import { isSignedOut } from '../server/queries.js'
import { fail } from '../app/failure.js'
import { plainWords } from '../app/plain-words.js'
import { words } from '../messages/words.js'
import { atelier } from '../server/client.js'

/** Kinds of files that can be uploaded, for `accept` and for refusing others before they are sent. */
export const pictureTypes = { 'image/png': ['.png'], 'image/jpeg': ['.jpg', '.jpeg'], 'image/webp': ['.webp'] }
/** How many files are sent at once. */
const atOnce = 2

/** A file that was refused, and why. */
export interface RefusedFile {
  name: string
  reason: string
}

/** Uploads that are under way, and what became of them. */
export interface Uploads {
  /** Null: none is under way. */
  progress: { done: number; count: number } | null
  refused: RefusedFile[]
  upload(files: File[]): Promise<void>
  /** The refusals have been read. */
  dismiss(): void
}

/** Uploads files in order, two at a time. */
export function useUploads(onUploaded: (imageId: string) => void): Uploads {
  const [progress, setProgress] = useState<{ done: number; count: number } | null>(null)
  const [refused, setRefused] = useState<RefusedFile[]>([])

  const upload = useCallback(
    async (files: File[]) => {
      if (files.length === 0) return
      setRefused([])
      setProgress((before) => ({ done: before?.done ?? 0, count: (before?.count ?? 0) + files.length }))
      const one = async (file: File): Promise<string | null> => {
        try {
          if (file.type && !(file.type in pictureTypes)) return refuse(file, words.composer.noPictureFile)
          return (await atelier.images.upload(file)).id
        } catch (error) {
          if (isSignedOut(error)) fail(error)
          return refuse(file, plainWords(error))
        } finally {
          setProgress((now) => (now ? { ...now, done: now.done + 1 } : now))
        }
      }
      const refuse = ({ name }: File, reason: string) => {
        setRefused((before) => [...before, { name, reason }])
        return null
      }
      const uploads: Promise<string | null>[] = []
      for (const [index, file] of files.entries())
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
    },
    [onUploaded],
  )
  const dismiss = useCallback(() => setRefused([]), [])
  return { progress, refused, upload, dismiss }
}
