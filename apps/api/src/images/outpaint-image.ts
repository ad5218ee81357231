import type { OutpaintRequest } from '@atelier/contracts'
import type { IdempotencyUse, ImageRow, OwnerRepositories } from '@atelier/database'
import { failpoint } from '@atelier/service'
import type { ApiContext } from '../api-context.js'
import { orNotFound } from '../or-not-found.js'
import { readImageObject, storeImage } from './image-objects.js'

type Deps = Pick<ApiContext, 'objects' | 'pool' | 'settings'>

/** The picture with room around it, and the mask of the new part, not stored yet. */
async function grow({ objects, pool, settings }: Deps, owner: OwnerRepositories, id: string, sides: OutpaintRequest) {
  const { width, height, objectKey } = orNotFound(await owner.images.get(id))
  const file = await readImageObject(objects, objectKey)
  const { imagePixels } = settings.limits
  return pool.run(owner.ownerId, 'image_too_costly', 'outpaint', file, { width, height }, sides, imagePixels)
}

/**
 * Adds room around an image of the owner's, and stores the larger one with the mask of the new part.
 *
 * @param idempotency - bound to the larger image
 * @throws AtelierError `not_found`, `image_too_large`, `image_too_costly`, `busy`, `limit_reached`, `storage_full`
 */
export async function outpaintImage(
  deps: Deps,
  owner: OwnerRepositories,
  id: string,
  sides: OutpaintRequest,
  idempotency?: IdempotencyUse,
): Promise<{ image: ImageRow; mask: ImageRow }> {
  const { reuseUploads: reuse } = deps.settings
  const grown = await grow(deps, owner, id, sides)
  // the first of the two must not stay alone
  await owner.limits.check({ images: 2, bytes: grown.image.body.length + grown.mask.body.length })
  const image = await storeImage(deps.objects, owner, 'uploaded', grown.image, { reuse, idempotency })
  failpoint('outpaint-picture-stored')
  const mask = await storeImage(deps.objects, owner, 'mask', grown.mask, { reuse })
  return { image, mask }
}

/** The mask of an image whose larger one is stored: a process may have died between the two. */
export async function outpaintMask(
  deps: Deps,
  owner: OwnerRepositories,
  id: string,
  sides: OutpaintRequest,
): Promise<ImageRow> {
  const { mask } = await grow(deps, owner, id, sides)
  return storeImage(deps.objects, owner, 'mask', mask, { reuse: true })
}
