import type { PrismaClient } from '../generated/client.js'
import { toImage } from '../prisma/rows.js'
import type { OwnerRepositories } from '../repositories.js'
import { createImage } from './create-image.js'
import { deleteImage } from './delete-image.js'
import { findEqual } from './find-equal.js'

/** Images of one owner. */
export function ownedImages(client: PrismaClient, ownerId: string): OwnerRepositories['images'] {
  return {
    create: (image, { reuse = false } = {}) => createImage(client, ownerId, image, reuse),
    delete: (id) => deleteImage(client, ownerId, id),
    findEqual: (image) => findEqual(client, ownerId, image),
    get: async (id) => {
      const row = await client.image.findUnique({ where: { id, ownerId } })
      return row && toImage(row)
    },
    getMany: async (ids) => (await client.image.findMany({ where: { id: { in: ids }, ownerId } })).map(toImage),
  }
}
