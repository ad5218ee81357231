import { defaultHistoryLimit, maxConditionImages, type History, type Lcu, type TurnImage } from '@atelier/contracts'
import { replaceMentions } from './instruction.js'
import { lineage, type UnitTurn } from './tree.js'

/**
 * The turns whose condition units the model sees before the current one, each list oldest first. Turns without images
 * have no frame, so the model cannot see their text: they are left out and do not count. The newest `limit` remain; of
 * these the oldest are dropped when there would be more than nine frames, together with everything older.
 *
 * @param turns - earlier turns of the session, oldest first
 * @returns `dropped`: the turns within the limit for which the nine frames had no room
 */
export function historyWindow<T extends UnitTurn>(
  turns: readonly T[],
  current: Pick<UnitTurn, 'parentTurnId' | 'images'>,
  history: History,
): { window: T[]; dropped: T[] } {
  const limit = history.limit ?? defaultHistoryLimit
  if (history.mode === 'none' || limit === 0) return { window: [], dropped: [] }
  const reachable = history.mode === 'lineage' ? lineage(turns, current.parentTurnId) : turns
  const wanted = reachable.filter(({ images }) => images.length > 0).slice(-limit)
  let first = wanted.length
  for (let frames = current.images.length; first > 0; first--) {
    frames += wanted[first - 1]!.images.length
    if (frames > maxConditionImages) break
  }
  return { window: wanted.slice(first), dropped: wanted.slice(0, first) }
}

/**
 * The name of a condition frame in texts: `{image}`, `{image1}` … `{image9}`.
 *
 * @param index - 0 … 9, the frame's position among the condition frames of the LCU
 * @throws RangeError outside that range
 */
export function indicator(index: number): string {
  if (!Number.isInteger(index) || index < 0 || index > 9) throw new RangeError(`There is no indicator ${index}.`)
  return index === 0 ? '{image}' : `{image${index}}`
}

/**
 * Names the images of all units by their position among the frames of the whole LCU and rewrites the mentions in each
 * instruction to match, so history is renumbered for every turn. White space around an instruction is left out.
 *
 * @param units - history oldest first (each with images), the current unit last
 * @throws RangeError with more than ten images in all
 */
export function nameFrames(
  units: readonly { turnId: string; instruction: string; images: readonly TurnImage[] }[],
): Lcu {
  let frame = 0
  const named = units.map((unit) => ({
    ...unit,
    images: unit.images.map((image) => ({ ...image, indicator: indicator(frame++) })),
  }))
  const anywhere = new Map(
    named.flatMap((unit) => unit.images.map((image) => [image.imageId, image.indicator] as const)),
  )
  return named.map((unit) => {
    const own = new Map(unit.images.map((image) => [image.imageId, image.indicator]).toReversed() as [string, string][])
    return { ...unit, instruction: replaceMentions(unit.instruction.trim(), (id) => own.get(id) ?? anywhere.get(id)) }
  })
}

/**
 * What the model sees for a turn: the condition units of its history, oldest first, and its own last. `docs/lcu.md` has a
 * table of cases.
 *
 * @param earlier - turns of the session before it, oldest first
 * @returns also the ids of the turns for which the nine frames had no room, oldest first
 * @throws RangeError when the turn alone has more than ten images
 */
export function composeLcu(
  earlier: readonly UnitTurn[],
  current: UnitTurn,
  history: History,
): { lcu: Lcu; dropped: string[] } {
  const { window, dropped } = historyWindow(earlier, current, history)
  const units = [...window, current].map(({ id, instruction, images }) => ({ turnId: id, instruction, images }))
  return { lcu: nameFrames(units), dropped: dropped.map(({ id }) => id) }
}
