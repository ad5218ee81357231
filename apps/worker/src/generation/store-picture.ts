import type { NewImage } from '@atelier/database'
import { newId } from '@atelier/contracts'
import type { ObjectStore } from '@atelier/objects'
import sharp from 'sharp'
import { withRetries } from './with-retries.js'

/** Longest side of a thumbnail, in pixels. */
export const thumbnailSize = 256

/** The keys of picture `index` of a generation: the same at every attempt, so that a repeated run replaces its own. */
export const pictureKeys = (generationId: string, index: number) => ({
  objectKey: `generations/${generationId}/${index}.png`,
  thumbnailKey: `generations/${generationId}/${index}.thumb.webp`,
})

/** RGB, `[height, width, 3]`, 0–255. */
export interface Picture {
  pixels: Uint8Array
  width: number
  height: number
}

/**
 * Stores a picture as PNG with a WebP thumbnail.
 *
 * @returns the row to write
 */
export async function storePicture(
  objects: ObjectStore,
  generationId: string,
  index: number,
  picture: Picture,
): Promise<NewImage> {
  const { pixels, width, height } = picture
  const raw = sharp(pixels, { raw: { width, height, channels: 3 } })
  const png = await raw.clone().png().toBuffer()
  const inside = { width: thumbnailSize, height: thumbnailSize, fit: 'inside', withoutEnlargement: true } as const
  const thumbnail = await raw.resize(inside).webp({ quality: 85 }).toBuffer()
  const keys = pictureKeys(generationId, index)
  await withRetries(() => objects.put(keys.objectKey, png, { contentType: 'image/png' }))
  await withRetries(() => objects.put(keys.thumbnailKey, thumbnail, { contentType: 'image/webp' }))
  const digest = await crypto.subtle.digest('SHA-256', png as Uint8Array<ArrayBuffer>)
  return {
    id: newId('image'),
    kind: 'generated',
    width,
    height,
    contentType: 'image/png',
    bytes: png.length,
    sha256: Buffer.from(digest).toString('hex'),
    ...keys,
  }
}

/** Deletes what {@link storePicture} stored, for a generation that was cancelled in the last moment. */
export async function deletePicture(objects: ObjectStore, image: NewImage): Promise<void> {
  await withRetries(() => objects.delete(image.objectKey))
  await withRetries(() => objects.delete(image.thumbnailKey))
}
