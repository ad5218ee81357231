import type { Queries } from '../prisma/create-client.js'
import { toImage } from '../prisma/rows.js'
import type { OwnerRepositories } from '../repositories.js'

/** Images of one owner. */
export function ownedImages(client: Queries, ownerId: string): OwnerRepositories['images'] {
  return {
    create: async (image) => toImage(await client.image.create({ data: { ...image, ownerId } })),
    get: async (id) => {
      const row = await client.image.findUnique({ where: { id, ownerId } })
      return row && toImage(row)
    },
    getMany: async (ids) => (await client.image.findMany({ where: { id: { in: ids }, ownerId } })).map(toImage),
  }
}
