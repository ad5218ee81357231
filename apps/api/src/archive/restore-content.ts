import { newId, type Session } from '@atelier/contracts'
import { needsOf, type IdempotencyUse, type OwnerRepositories, type RestoredImage } from '@atelier/database'
import type { ObjectStore } from '@atelier/objects'
import { pictureKeys } from '@atelier/pictures'
import { failpoint } from '@atelier/service'
import type { ContentImage, SessionContent } from './archive-format.js'
import { newNames, renameSession } from './rename-session.js'

/** The files of a picture. */
export interface PictureFiles {
  file: Uint8Array
  thumbnail: Uint8Array
}

/** A new session from the content of another one. */
export interface Restoring<I extends ContentImage> {
  /** Its images are those that are copied; what the turns use besides stays as it is. */
  content: SessionContent<I>
  /** Times of the new session itself; null: now. */
  times: Pick<Session, 'createdAt' | 'updatedAt'> | null
  files(image: I): Promise<PictureFiles>
  idempotency: IdempotencyUse | undefined
}

function rowOf({ id, kind, width, height, contentType, bytes, sha256, ...rest }: ContentImage): RestoredImage {
  const { sourceSha256 = null, generationId, index, createdAt } = rest
  const generated = generationId !== null && index !== null
  const keys = pictureKeys({
    contentType,
    ...(generated ? { generationId, index } : { id, generationId: null, index: null }),
  })
  return { id, kind, width, height, contentType, bytes, sha256, sourceSha256, ...keys, generationId, index, createdAt }
}

/**
 * Makes a session with new ids from the content of another one: first the files, then all rows in one transaction. When
 * that fails the files are deleted again.
 */
export async function restoreContent<I extends ContentImage>(
  objects: ObjectStore,
  owner: OwnerRepositories,
  { content, times, files, idempotency }: Restoring<I>,
): Promise<Session> {
  const { session, turns, generations, images } = renameSession(content, newNames(content))
  const id = newId('session')
  const rows = images.map(rowOf)
  const written: string[] = []
  // the transaction looks again; this spares the files
  await owner.limits.check(needsOf({ session: { id }, turns, images: rows }))
  try {
    for (const [place, { objectKey, thumbnailKey, contentType }] of rows.entries()) {
      const { file, thumbnail } = await files(content.images[place]!)
      written.push(objectKey, thumbnailKey)
      await objects.put(objectKey, file, { contentType })
      failpoint('archive-file-stored')
      await objects.put(thumbnailKey, thumbnail, { contentType: 'image/webp' })
    }
    failpoint('archive-files-stored')
    const { title, activeTurnId } = session
    return await owner.sessions.restore({
      session: { id, title, activeTurnId, ...times },
      turns,
      generations,
      images: rows,
      ...(idempotency && { idempotency }),
    })
  } catch (error) {
    // the commit may have succeeded although its answer was lost: then, or when nobody can tell, the files stay
    const made = await owner.sessions.get(id).catch(() => undefined)
    if (made === null) await Promise.allSettled(written.map((key) => objects.delete(key)))
    throw error
  }
}
