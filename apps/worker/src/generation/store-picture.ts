import { newId } from '@atelier/contracts'
import type { NewImage } from '@atelier/database'
import type { ObjectStore } from '@atelier/objects'
import { encodePixels, pictureKeys, type Pixels } from '@atelier/pictures'
import { withRetries } from './with-retries.js'

/**
 * Stores picture `index` of a generation as PNG with a thumbnail. Every attempt uses the same keys, so that a repeated run
 * replaces its own files.
 *
 * @returns the row to write
 */
export async function storePicture(
  objects: ObjectStore,
  generationId: string,
  index: number,
  pixels: Pixels,
): Promise<NewImage> {
  const { body, thumbnail, ...picture } = await encodePixels(pixels)
  const { contentType } = picture
  const keys = pictureKeys({ generationId, index, contentType })
  await withRetries(() => objects.put(keys.objectKey, body, { contentType }))
  await withRetries(() => objects.put(keys.thumbnailKey, thumbnail, { contentType: 'image/webp' }))
  return { id: newId('image'), kind: 'generated', ...picture, bytes: body.length, ...keys }
}

/** Deletes what {@link storePicture} stored, for a generation that was cancelled at the last moment. */
export async function deletePicture(objects: ObjectStore, image: NewImage): Promise<void> {
  await withRetries(() => objects.delete(image.objectKey))
  await withRetries(() => objects.delete(image.thumbnailKey))
}
