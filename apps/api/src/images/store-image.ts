import { createHash } from 'node:crypto'
import { newId, type ImageKind } from '@atelier/contracts'
import type { ImageRow, OwnerRepositories } from '@atelier/database'
import type { ObjectStore } from '@atelier/objects'
import type { Picture } from './picture.js'

/** SHA-256, hexadecimal. */
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/**
 * Stores a picture and its thumbnail, then its row: there is no row without objects.
 *
 * @param options - `reuse`: one with these bytes that the owner already has is answered instead
 */
export async function storeImage(
  objects: ObjectStore,
  owner: OwnerRepositories,
  kind: ImageKind,
  picture: Picture,
  { reuse = false }: { reuse?: boolean } = {},
): Promise<ImageRow> {
  const { body, width, height, contentType, extension, thumbnail } = picture
  const digest = sha256(body)
  const known = reuse ? await owner.images.findEqual({ kind, sha256: digest }) : null
  if (known) return known
  const id = newId('image')
  const [objectKey, thumbnailKey] = [`images/${id}.${extension}`, `images/${id}.thumb.webp`]
  const discard = () => Promise.allSettled([objectKey, thumbnailKey].map((key) => objects.delete(key)))
  try {
    await Promise.all([
      objects.put(objectKey, body, { contentType }),
      objects.put(thumbnailKey, thumbnail, { contentType: 'image/webp' }),
    ])
    const image = { id, kind, width, height, contentType, bytes: body.length, sha256: digest, objectKey, thumbnailKey }
    const row = await owner.images.create(image, { reuse })
    // an equal upload at the same time was first
    if (row.id !== id) await discard()
    return row
  } catch (error) {
    await discard()
    throw error
  }
}
