import type { ImageRow } from '@atelier/database'
import { ObjectNotFoundError, type ObjectStore } from '@atelier/objects'
import { withRetries } from './with-retries.js'

/** A stored picture that the LCU needs is missing, or is not what was stored. */
export class ImageUnreadableError extends Error {
  override readonly name = 'ImageUnreadableError'

  constructor(
    readonly imageId: string,
    why: string,
    options?: ErrorOptions,
  ) {
    super(`@${imageId} ${why}.`, options)
  }
}

/**
 * Reads the stored files of images and masks and checks that they are what was stored.
 *
 * @param rows - by image id
 * @returns bytes by image id
 * @throws ImageUnreadableError when one is gone or damaged; the store's own error when it does not answer
 */
export async function fetchPictures(
  objects: ObjectStore,
  rows: Record<string, ImageRow>,
  signal: AbortSignal,
): Promise<Map<string, Uint8Array>> {
  const pictures = new Map<string, Uint8Array>()
  for (const row of Object.values(rows)) pictures.set(row.id, await fetchPicture(objects, row, signal))
  return pictures
}

/** One of {@link fetchPictures}. */
export async function fetchPicture(objects: ObjectStore, row: ImageRow, signal: AbortSignal): Promise<Uint8Array> {
  const bytes = await withRetries(
    () =>
      objects.get(row.objectKey).catch((error: unknown) => {
        if (error instanceof ObjectNotFoundError) {
          throw new ImageUnreadableError(row.id, 'is no longer stored', { cause: error })
        }
        throw error
      }),
    { signal, final: (error) => error instanceof ImageUnreadableError },
  )
  // The asynchronous digest works off the event loop, which must keep the job's lock.
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  if (Buffer.from(digest).toString('hex') !== row.sha256) throw new ImageUnreadableError(row.id, 'is damaged')
  return bytes
}
