import { AtelierError } from '@atelier/contracts'
import type { Queries } from '../prisma/create-client.js'
import type { NewTurn } from '../repositories.js'

/**
 * Where each image of new turns was made. All of them are kept from being deleted until the transaction ends.
 *
 * @throws AtelierError `unknown_image` for those that are not the owner's
 */
export async function keepImages(tx: Queries, ownerId: string, images: NewTurn['images']) {
  const ids = [...new Set(images.flatMap(({ imageId, maskId }) => (maskId === null ? [imageId] : [imageId, maskId])))]
  const found =
    ids.length === 0
      ? []
      : await tx.$queryRaw<{ id: string; turnId: string | null; sessionId: string | null }[]>`
    SELECT i.id, g.turn_id AS "turnId", g.session_id AS "sessionId"
    FROM images i LEFT JOIN generations g ON g.id = i.generation_id
    WHERE i.id = ANY(${ids}::text[]) AND i.owner_id = ${ownerId} ORDER BY i.id FOR KEY SHARE OF i`
  const known = new Map(found.map((image) => [image.id, image]))
  const unknown = ids.filter((id) => !known.has(id))
  if (unknown.length) throw new AtelierError('unknown_image', undefined, { images: unknown })
  return known
}
