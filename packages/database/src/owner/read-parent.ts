import { AtelierError } from '@atelier/contracts'
import type { Queries } from '../prisma/create-client.js'
import type { NewTurn } from '../repositories.js'

/**
 * Checks that all images and masks of a new turn are the owner's, keeps them from being deleted until the transaction
 * ends, and finds the turn that made the first image.
 *
 * @returns null when there are no images, or the first one was uploaded or made in another session
 * @throws AtelierError `unknown_image`
 */
export async function readParent(tx: Queries, ownerId: string, { sessionId, images }: NewTurn): Promise<string | null> {
  const ids = [...new Set(images.flatMap(({ imageId, maskId }) => (maskId === null ? [imageId] : [imageId, maskId])))]
  if (!ids.length) return null
  const found = await tx.$queryRaw<{ id: string; turnId: string | null; sessionId: string | null }[]>`
    SELECT i.id, g.turn_id AS "turnId", g.session_id AS "sessionId"
    FROM images i LEFT JOIN generations g ON g.id = i.generation_id
    WHERE i.id = ANY(${ids}::text[]) AND i.owner_id = ${ownerId} ORDER BY i.id FOR KEY SHARE OF i`
  const known = new Map(found.map((image) => [image.id, image]))
  const unknown = ids.filter((id) => !known.has(id))
  if (unknown.length) throw new AtelierError('unknown_image', undefined, { images: unknown })
  const first = known.get(images[0]!.imageId)!
  return first.sessionId === sessionId ? first.turnId : null
}
