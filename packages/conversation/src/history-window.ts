import { defaultHistoryLimit, maxConditionImages, type History } from '@atelier/contracts'
import { lineage, type TreeTurn } from './tree.js'

/** What the window needs to know of a turn. */
export interface HistoryTurn extends TreeTurn {
  /** Number of condition images. */
  imageCount: number
}

/** The turns that the model sees before the current one, and those that it should have seen too; each oldest first. */
export interface HistoryWindow<T> {
  window: T[]
  /** Within the limit, but the nine frames had no room for them. */
  dropped: T[]
}

/**
 * The turns whose condition units the model sees before the current one. Turns without images have no frame, so the model
 * cannot see them (ACE.md, Text): they are left out and do not count. The newest `limit` remain; of these the oldest are
 * dropped when the frames would be more than nine, and what is older than a dropped one is dropped with it.
 *
 * @param turns - earlier turns of the session, oldest first
 * @param current - parent and number of condition images of the current turn
 */
export function historyWindow<T extends HistoryTurn>(
  turns: readonly T[],
  current: { parentTurnId: string | null; imageCount: number },
  history: History,
): HistoryWindow<T> {
  const limit = history.limit ?? defaultHistoryLimit
  if (history.mode === 'none' || limit === 0) return { window: [], dropped: [] }
  const reachable = history.mode === 'lineage' ? lineage(turns, current.parentTurnId) : turns
  const wanted = reachable.filter(({ imageCount }) => imageCount > 0).slice(-limit)
  let first = wanted.length
  for (let frames = current.imageCount; first > 0; first--) {
    frames += wanted[first - 1]!.imageCount
    if (frames > maxConditionImages) break
  }
  return { window: wanted.slice(first), dropped: wanted.slice(0, first) }
}
