/** What a tree is made of. */
export interface TreeTurn {
  id: string
  parentTurnId: string | null
}

/** A turn with its place in the drawing. */
export interface PlacedTurn<T extends TreeTurn> {
  turn: T
  /** How many turns are before it on its path. */
  row: number
  /** Which of the columns it stands in; 0 is the first. */
  column: number
  /** Its place among the turns with the same parent, from 0, and how many these are. */
  index: number
  siblings: number
}

/** A drawn conversation. */
export interface TreeLayout<T extends TreeTurn> {
  turns: PlacedTurn<T>[]
  rows: number
  columns: number
}

/**
 * Places the turns of a conversation: time goes down, and where it branches, the first branch goes straight on and the
 * others stand in the nearest column to its right that is free as far down as they go. Turns whose parent is not among
 * them stand as beginnings.
 *
 * @param turns - in order of creation
 */
export function layoutTree<T extends TreeTurn>(turns: readonly T[]): TreeLayout<T> {
  const known = new Set(turns.map(({ id }) => id))
  const children = new Map<string | null, T[]>()
  for (const turn of turns) {
    const parent = turn.parentTurnId !== null && known.has(turn.parentTurnId) ? turn.parentTurnId : null
    children.set(parent, [...(children.get(parent) ?? []), turn])
  }
  const placed = new Map<string, PlacedTurn<T>>()
  /** By column: the rows that are taken, from the first to before the last. */
  const taken: [from: number, to: number][][] = []
  let rows = 0
  const columnFor = (turn: T, row: number, least: number) => {
    let end = row
    for (let next: T | undefined = turn; next; next = children.get(next.id)?.[0]) end++
    let column = least
    while (taken[column]?.some(([from, to]) => from < end && row < to)) column++
    taken[column] = [...(taken[column] ?? []), [row, end]]
    return column
  }
  // A conversation may be thousands of turns long, so the way back is kept here and not on the stack.
  const beginnings = children.get(null) ?? []
  const open = beginnings.map((turn, index) => ({ turn, row: 0, index, siblings: beginnings.length })).reverse()
  while (open.length) {
    const next = open.pop()!
    const { turn, row, index } = next
    const parent = placed.get(turn.parentTurnId ?? '')
    const column = parent && index === 0 ? parent.column : columnFor(turn, row, parent ? parent.column + 1 : 0)
    placed.set(turn.id, { ...next, column })
    rows = Math.max(rows, row + 1)
    const below = children.get(turn.id) ?? []
    const siblings = below.length
    for (let i = siblings - 1; i >= 0; i--) open.push({ turn: below[i]!, row: row + 1, index: i, siblings })
  }
  return { turns: turns.map(({ id }) => placed.get(id)!), rows, columns: taken.length }
}

/** The keys that move through a drawn conversation. */
type TreeMove = 'ArrowUp' | 'ArrowDown' | 'ArrowLeft' | 'ArrowRight' | 'Home' | 'End'

/**
 * Where a key leads from a turn: up to its parent, down to its first follower, sideways to the nearest turn of the same
 * row, to the first turn or the last one.
 *
 * @param move - the `key` of a keyboard event
 * @returns null when there is nothing there, and for other keys
 */
export function neighbour<T extends TreeTurn>({ turns }: TreeLayout<T>, from: PlacedTurn<T>, move: string): T | null {
  const nearest = (side: number) =>
    turns
      .filter(({ row, column }) => row === from.row && Math.sign(column - from.column) === side)
      .sort((a, b) => Math.abs(a.column - from.column) - Math.abs(b.column - from.column))[0]
  const ways: Record<TreeMove, () => PlacedTurn<T> | undefined> = {
    ArrowUp: () => turns.find(({ turn }) => turn.id === from.turn.parentTurnId),
    ArrowDown: () => turns.find(({ turn, index }) => turn.parentTurnId === from.turn.id && index === 0),
    ArrowLeft: () => nearest(-1),
    ArrowRight: () => nearest(1),
    Home: () => turns[0],
    End: () => turns.at(-1),
  }
  return (Object.hasOwn(ways, move) && ways[move as TreeMove]()?.turn) || null
}
