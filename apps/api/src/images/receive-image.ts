import type { IdempotencyUse, ImageRow, OwnerRepositories } from '@atelier/database'
import type { ApiContext } from '../api-context.js'
import { storeImage } from './image-objects.js'

/** The bytes of a file, or where an upload is kept. */
export type GivenFile = { path: string; sha256: string } | { bytes: Uint8Array; sha256: string }

/**
 * Stores what an upload shows. What was read before need not be decoded again: unless the settings say otherwise, a file
 * that its owner already has is answered with that image.
 *
 * @param options - of `storeImage`
 * @throws AtelierError of `readPicture` or `readMask`, `image_too_costly`, `busy`, `limit_reached`, `storage_full`
 */
export async function receiveImage(
  { objects, pool, settings }: Pick<ApiContext, 'objects' | 'pool' | 'settings'>,
  owner: OwnerRepositories,
  file: GivenFile,
  kind: 'uploaded' | 'mask',
  options: { id?: string; idempotency?: IdempotencyUse | undefined } = {},
): Promise<ImageRow> {
  const { limits, reuseUploads: reuse } = settings
  const known = reuse ? await owner.images.reuse({ kind, sha256: file.sha256 }) : null
  if (known) return known
  const task = kind === 'mask' ? 'readMask' : 'readPicture'
  const picture = await pool.run(owner.ownerId, 'image_too_costly', task, file, limits.imagePixels)
  return storeImage(objects, owner, kind, picture, { reuse, ...options })
}
