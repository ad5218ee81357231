import type { PrismaClient } from '../generated/client.js'
import { transaction } from '../prisma/transaction.js'
import { inUse } from './in-use.js'
import { deleteImages, lockImages } from './lock-images.js'

/**
 * Deletes an image that no turn uses.
 *
 * @returns keys of the objects that no row names any more, null when there is no such image of this owner
 * @throws AtelierError `in_use`
 */
export function deleteImage(
  client: PrismaClient,
  ownerId: string,
  id: string,
): Promise<{ objectKeys: string[] } | null> {
  return transaction(client, async (tx) => {
    const [image] = await lockImages(tx, ownerId, [id])
    if (!image) return null
    const users = new Set(image.users.map(({ turnId }) => turnId))
    if (users.size) throw inUse(id, [...users].sort())
    return { objectKeys: await deleteImages(tx, ownerId, [image]) }
  })
}
