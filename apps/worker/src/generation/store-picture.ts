import { newId } from '@atelier/contracts'
import type { NewImage } from '@atelier/database'
import type { ObjectStore } from '@atelier/objects'
import { encodePixels, pictureKeys, type Pixels } from '@atelier/pictures'
import { failpoint } from '@atelier/service'
import { withStoreRetries, type StoreOptions } from './with-retries.js'

/**
 * Stores the picture of a generation as PNG with a thumbnail. Every attempt uses the same keys, so that a repeated run
 * replaces its own files.
 *
 * @returns the row to write
 * @throws ObjectStoreError
 */
export async function storePicture(
  objects: ObjectStore,
  generationId: string,
  pixels: Pixels,
  options: StoreOptions,
): Promise<NewImage> {
  const { body, thumbnail, ...picture } = await encodePixels(pixels)
  const { contentType } = picture
  const keys = pictureKeys({ generationId, index: 0, contentType })
  const put = (key: string, bytes: Uint8Array, type: string) =>
    withStoreRetries(() => objects.put(key, bytes, { contentType: type, signal: options.signal }), options)
  await put(keys.objectKey, body, contentType)
  failpoint('picture-stored')
  await put(keys.thumbnailKey, thumbnail, 'image/webp')
  failpoint('thumbnail-stored')
  return { id: newId('image'), kind: 'generated', ...picture, bytes: body.length, ...keys }
}

/** Deletes what {@link storePicture} stored, for a generation that was cancelled at the last moment. */
export async function deletePicture(objects: ObjectStore, image: NewImage): Promise<void> {
  await objects.delete(image.objectKey)
  failpoint('late-picture-deleted')
  await objects.delete(image.thumbnailKey)
}
