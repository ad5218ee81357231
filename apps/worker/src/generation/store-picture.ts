import { newId } from '@atelier/contracts'
import type { NewImage } from '@atelier/database'
import type { ObjectStore } from '@atelier/objects'
import { pictureKeys, type Picture } from '@atelier/pictures'
import { failpoint } from '@atelier/service'
import { withStoreRetries, type StoreOptions } from './with-retries.js'

/**
 * Stores the picture of a generation with its thumbnail, both at once. Every attempt uses the same keys, so that a
 * repeated run replaces its own files. Settles when nothing is being stored any more.
 *
 * @returns the row to write
 * @throws ObjectStoreError
 */
export async function storePicture(
  objects: ObjectStore,
  generationId: string,
  { body, thumbnail, ...picture }: Picture,
  options: StoreOptions,
): Promise<NewImage> {
  const { contentType } = picture
  const keys = pictureKeys({ generationId, index: 0, contentType })
  const put = (key: string, bytes: Uint8Array, type: string) =>
    withStoreRetries(() => objects.put(key, bytes, { contentType: type, signal: options.signal }), options)
  const results = await Promise.allSettled([
    put(keys.objectKey, body, contentType).then(() => failpoint('picture-stored')),
    put(keys.thumbnailKey, thumbnail, 'image/webp'),
  ])
  for (const result of results) if (result.status === 'rejected') throw result.reason
  failpoint('thumbnail-stored')
  return { id: newId('image'), kind: 'generated', ...picture, bytes: body.length, ...keys }
}

/** How long a store may take to delete a file, in milliseconds: the next generation waits for it. */
const deleteMs = 1_000

/** Deletes what {@link storePicture} has stored so far, for a generation that was cancelled at the last moment. */
export async function deletePicture(objects: ObjectStore, generationId: string): Promise<void> {
  const { objectKey, thumbnailKey } = pictureKeys({ generationId, index: 0, contentType: 'image/png' })
  await objects.delete(objectKey, { signal: AbortSignal.timeout(deleteMs) })
  failpoint('late-picture-deleted')
  await objects.delete(thumbnailKey, { signal: AbortSignal.timeout(deleteMs) })
}
