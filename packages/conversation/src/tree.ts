import type { TurnImage } from '@atelier/contracts'

/** What the tree of a session needs to know of a turn. */
export interface TreeTurn {
  id: string
  /** The turn it follows; null at a root. */
  parentTurnId: string | null
}

/** A turn as its condition unit needs it. */
export interface UnitTurn extends TreeTurn {
  instruction: string
  /** Its condition images, in order. */
  images: readonly TurnImage[]
}

/** A turn of a session, as the rules for a new turn need it. */
export interface SessionTurn extends UnitTurn {
  /** The images that its generations made, newest first; `reproduction`: made by a run that only repeats another. */
  made: readonly { imageId: string; reproduction: boolean }[]
}

/** Where a new turn begins: the session's turns, oldest first, and the one it stands at. */
export interface SessionState {
  turns: readonly SessionTurn[]
  activeTurnId: string | null
}

/**
 * The chain of parents of a turn, oldest first, without the turn itself: `lineage(turns, turn.parentTurnId)`. Given a
 * turn's own id it is the path from the root to that turn. Stops at a turn that is not in the list and does not loop.
 */
export function lineage<T extends TreeTurn>(turns: readonly T[], parentTurnId: string | null): T[] {
  const byId = new Map(turns.map((turn) => [turn.id, turn]))
  const chain: T[] = []
  const seen = new Set<string>()
  for (let id = parentTurnId; id !== null && !seen.has(id);) {
    const turn = byId.get(id)
    if (!turn) break
    seen.add(id)
    chain.push(turn)
    id = turn.parentTurnId
  }
  return chain.reverse()
}
