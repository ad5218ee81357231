import { AtelierError } from '@atelier/contracts'
import type { Queries } from '../prisma/create-client.js'
import type { NewTurn } from '../repositories.js'
import { keepImages } from './keep-images.js'

/**
 * Checks that all images and masks of a new turn are the owner's, keeps them from being deleted until the transaction
 * ends, and decides the turn's parent: the one that the request names, else the turn of this session that made the first
 * image, else the first turn of this session that used it, else the active turn. The session must be locked.
 *
 * @throws AtelierError `unknown_image`, `unknown_turn`
 */
export async function readParent(
  tx: Queries,
  ownerId: string,
  { sessionId, images, parentTurnId }: NewTurn,
  activeTurnId: string | null,
): Promise<string | null> {
  const made = await keepImages(tx, ownerId, images)
  if (parentTurnId === null) return null
  if (parentTurnId !== undefined) {
    if (await tx.turn.count({ where: { id: parentTurnId, sessionId } })) return parentTurnId
    throw new AtelierError('unknown_turn', undefined, { field: 'parentTurnId', turnId: parentTurnId })
  }
  const first = images[0]?.imageId
  if (first === undefined) return activeTurnId
  const maker = made.get(first)!
  if (maker.sessionId === sessionId) return maker.turnId
  const user = await tx.turn.findFirst({
    where: { sessionId, images: { some: { imageId: first } } },
    orderBy: { seq: 'asc' },
    select: { id: true },
  })
  return user?.id ?? activeTurnId
}
