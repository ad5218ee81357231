import { createHash } from 'node:crypto'
import { newId, type ImageKind } from '@atelier/contracts'
import type { ImageRow, OwnerRepositories } from '@atelier/database'
import type { ObjectStore } from '@atelier/objects'
import type { Picture } from './picture.js'

/** SHA-256, hexadecimal. */
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Stores a picture and its thumbnail, then its row: there is no row without objects. */
export async function storeImage(
  objects: ObjectStore,
  owner: OwnerRepositories,
  kind: ImageKind,
  picture: Picture,
): Promise<ImageRow> {
  const { body, width, height, contentType, extension, thumbnail } = picture
  const id = newId('image')
  const [objectKey, thumbnailKey] = [`images/${id}.${extension}`, `images/${id}.thumb.webp`]
  const keys = [objectKey, thumbnailKey]
  try {
    await Promise.all([
      objects.put(objectKey, body, { contentType }),
      objects.put(thumbnailKey, thumbnail, { contentType: 'image/webp' }),
    ])
    return await owner.images.create({
      id,
      kind,
      width,
      height,
      contentType,
      bytes: body.length,
      sha256: sha256(body),
      objectKey,
      thumbnailKey,
    })
  } catch (error) {
    await Promise.allSettled(keys.map((key) => objects.delete(key)))
    throw error
  }
}
