import type { LcuTurn } from '@atelier/conversation'
import type { Queries } from '../prisma/create-client.js'
import { toTurnImage, withTurnImages } from '../prisma/rows.js'
import type { NewTurn } from '../repositories.js'

/** The turns that a new turn's history may be taken from, oldest first; the session must be locked. */
export async function readHistory(
  tx: Queries,
  { sessionId, history }: NewTurn,
  parentTurnId: string | null,
): Promise<LcuTurn[]> {
  if (history.mode === 'none' || (history.mode === 'lineage' && parentTurnId === null)) return []
  const turns = await tx.turn.findMany({ where: { sessionId }, include: withTurnImages, orderBy: { seq: 'asc' } })
  return turns.map(({ id, parentTurnId, instruction, images }) => ({
    id,
    parentTurnId,
    instruction,
    images: images.map(toTurnImage),
  }))
}
