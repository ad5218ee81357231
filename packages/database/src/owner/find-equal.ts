import type { Queries } from '../prisma/create-client.js'
import { toImage } from '../prisma/rows.js'
import type { ImageRow, NewImage } from '../repositories.js'

/**
 * The owner's oldest image with these bytes: a mask for a mask, else an uploaded or made picture. One that is being
 * deleted at this moment is not found; within a transaction it cannot be deleted until that ends.
 */
export async function findEqual(
  client: Queries,
  ownerId: string,
  { kind, sha256 }: Pick<NewImage, 'kind' | 'sha256'>,
): Promise<ImageRow | null> {
  const found = await client.$queryRaw<{ id: string }[]>`
    SELECT id FROM images
    WHERE owner_id = ${ownerId} AND sha256 = ${sha256} AND (kind = 'mask') = ${kind === 'mask'}
    ORDER BY created_at, id LIMIT 1 FOR KEY SHARE`
  const row = found[0] && (await client.image.findUnique({ where: { id: found[0].id } }))
  return row ? toImage(row) : null
}
