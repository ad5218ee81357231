import { AtelierError, type CreateTurn, type TurnImage } from '@atelier/contracts'
import type { SessionState } from './tree.js'

/**
 * The parent of a new turn: the one that the request names (null: none, the turn is a root), else the turn that made the
 * new turn's first image, else the first turn that used it, else the active turn. Turns of other sessions are no parents.
 *
 * @param images - the condition images of the new turn
 * @throws AtelierError `unknown_turn` when the request names a parent that is not a turn of the session
 */
export function resolveParent(
  { parentTurnId }: Pick<CreateTurn, 'parentTurnId'>,
  images: readonly TurnImage[],
  { turns, activeTurnId }: SessionState,
): string | null {
  if (parentTurnId === null) return null
  if (parentTurnId !== undefined) {
    if (turns.some(({ id }) => id === parentTurnId)) return parentTurnId
    throw new AtelierError('unknown_turn', undefined, { field: 'parentTurnId', turnId: parentTurnId })
  }
  const isFirst = ({ imageId }: { imageId: string }) => imageId === images[0]?.imageId
  const origin = turns.find(({ made }) => made.some(isFirst)) ?? turns.find((turn) => turn.images.some(isFirst))
  return origin?.id ?? activeTurnId
}
