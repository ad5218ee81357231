import type { Lcu } from '@atelier/contracts'
import { buildLcu, historyWindow } from '@atelier/lcu'
import type { Queries } from '../prisma/create-client.js'
import { toTurnImage, withTurnImages } from '../prisma/rows.js'
import type { NewTurn } from '../repositories.js'

/**
 * The condition units that a new turn of a session shows the model, and the ids of the turns that had to go because of the
 * nine frames; the session must be locked.
 */
export async function readHistory(
  tx: Queries,
  input: NewTurn,
  parentTurnId: string | null,
): Promise<{ dropped: string[]; lcuOf(turnId: string): Lcu }> {
  const { sessionId, instruction, images, history } = input
  const earlier =
    history.mode === 'none' || (history.mode === 'lineage' && parentTurnId === null)
      ? []
      : await tx.turn.findMany({ where: { sessionId }, include: withTurnImages, orderBy: { seq: 'asc' } })
  const turns = earlier.map((turn) => ({
    id: turn.id,
    parentTurnId: turn.parentTurnId,
    imageCount: turn.images.length,
    instruction: turn.instruction,
    images: turn.images.map(toTurnImage),
  }))
  const { window, dropped } = historyWindow(turns, { parentTurnId, imageCount: images.length }, history)
  const units = window.map((turn) => ({ turnId: turn.id, instruction: turn.instruction, images: turn.images }))
  return { dropped: dropped.map(({ id }) => id), lcuOf: (turnId) => buildLcu([...units, { turnId, instruction, images }]) }
}
