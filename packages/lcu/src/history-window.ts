import { maxConditionImages, type History } from '@atelier/contracts'

/** What the window needs to know of a turn. */
export interface HistoryTurn {
  id: string
  /** The turn that made the first image this turn edits; null at a root. */
  parentTurnId: string | null
  /** Number of condition images. */
  imageCount: number
}

/** The chain of parents of a turn, oldest first, without the turn itself. Stops at a turn that is not in the list. */
export function lineage<T extends HistoryTurn>(turns: readonly T[], parentTurnId: string | null): T[] {
  const byId = new Map(turns.map((turn) => [turn.id, turn]))
  const chain: T[] = []
  for (let id = parentTurnId; id !== null;) {
    const turn = byId.get(id)
    if (!turn || chain.includes(turn)) break
    chain.unshift(turn)
    id = turn.parentTurnId
  }
  return chain
}

/**
 * The turns whose condition units the model sees before the current one, oldest first. Turns without images have no
 * frame, so the model cannot see them (ACE.md, Text): they are left out and do not count. The oldest go first when the
 * frames would be more than nine.
 *
 * @param turns - earlier turns of the session, oldest first
 * @param current - parent and number of condition images of the current turn
 */
export function historyWindow<T extends HistoryTurn>(
  turns: readonly T[], current: { parentTurnId: string | null; imageCount: number }, history: History,
): T[] {
  if (history.mode === 'none') return []
  const candidates = (history.mode === 'lineage' ? lineage(turns, current.parentTurnId) : turns).filter((t) => t.imageCount > 0)
  const window: T[] = []
  let frames = current.imageCount
  for (const turn of candidates.toReversed()) {
    if (window.length >= (history.limit ?? maxConditionImages) || frames + turn.imageCount > maxConditionImages) break
    window.unshift(turn)
    frames += turn.imageCount
  }
  return window
}
