import type { History, Lcu, TurnImage } from '@atelier/contracts'
import { buildLcu } from './build-lcu.js'
import { historyWindow } from './history-window.js'
import type { TreeTurn } from './tree.js'

/** A turn as the LCU needs it. */
export interface LcuTurn extends TreeTurn {
  instruction: string
  images: readonly TurnImage[]
}

/**
 * What the model sees for a turn: the condition units of its history, oldest first, and its own last. `docs/lcu.md` has a
 * table of cases.
 *
 * @param earlier - turns of the session before it, oldest first
 * @returns also the ids of the turns that the nine frames had no room for, oldest first
 * @throws RangeError when the turn alone has more than nine images
 */
export function composeLcu(
  earlier: readonly LcuTurn[],
  current: LcuTurn,
  history: History,
): { lcu: Lcu; dropped: string[] } {
  const turns = earlier.map((turn) => ({ ...turn, imageCount: turn.images.length }))
  const { parentTurnId, images } = current
  const { window, dropped } = historyWindow(turns, { parentTurnId, imageCount: images.length }, history)
  const units = [...window, current].map((turn) => ({
    turnId: turn.id,
    instruction: turn.instruction,
    images: turn.images,
  }))
  return { lcu: buildLcu(units), dropped: dropped.map(({ id }) => id) }
}
