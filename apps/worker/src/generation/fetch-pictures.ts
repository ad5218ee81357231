import type { ImageRow } from '@atelier/database'
import { ObjectNotFoundError, type ObjectStore } from '@atelier/objects'
import { withStoreRetries, type StoreOptions } from './with-retries.js'

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
 * @throws ImageUnreadableError when one is gone or damaged; ObjectStoreError when it does not answer
 */
export async function fetchPictures(
  objects: ObjectStore,
  rows: Record<string, ImageRow>,
  options: StoreOptions,
): Promise<Map<string, Uint8Array>> {
  const pictures = new Map<string, Uint8Array>()
  for (const row of Object.values(rows)) pictures.set(row.id, await fetchPicture(objects, row, options))
  return pictures
}

/** One of {@link fetchPictures}. */
export async function fetchPicture(objects: ObjectStore, row: ImageRow, options: StoreOptions): Promise<Uint8Array> {
  const { signal } = options
  const bytes = await withStoreRetries(() => objects.get(row.objectKey, { signal }), options).catch(
    (error: unknown) => {
      if (!(error instanceof ObjectNotFoundError)) throw error
      throw new ImageUnreadableError(row.id, 'is no longer stored', { cause: error })
    },
  )
  // The asynchronous digest works off the event loop, which must keep the job's lock.
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  if (Buffer.from(digest).toString('hex') !== row.sha256) throw new ImageUnreadableError(row.id, 'is damaged')
  return bytes
}
