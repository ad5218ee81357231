import type { PrismaClient } from '../generated/client.js'
import { toImage } from '../prisma/rows.js'
import { transaction } from '../prisma/transaction.js'
import type { ImageRow, NewImage } from '../repositories.js'
import { findEqual } from './find-equal.js'

/** Stores an image, or with `reuse` answers the one with the same bytes that the owner already has. */
export function createImage(client: PrismaClient, ownerId: string, image: NewImage, reuse: boolean): Promise<ImageRow> {
  return transaction(client, async (tx) => {
    if (reuse) {
      // equal uploads take turns: the second one finds what the first one stored
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${ownerId + image.sha256}, 0))`
      const equal = await findEqual(tx, ownerId, image)
      if (equal) return equal
    }
    return toImage(await tx.image.create({ data: { ...image, ownerId } }))
  })
}
