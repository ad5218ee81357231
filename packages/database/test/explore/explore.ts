import assert from 'node:assert/strict'
import { check } from './check.js'
import { isFault, make, moves, workers, type Move, type Product, type State, type WorkerId } from './moves.js'
import type { World } from './world.js'

/** What was searched. */
export interface Explored {
  states: number
  transitions: number
  ended: number
}

const isOver = ({ rows, held }: State) => rows.generation.finished_at !== null && workers.every((id) => !held[id])

/** Equal for states that cannot be told apart by what may follow; the two workers may change places. */
function keyOf({ rows: { generation, images }, held, jobs, left }: State): string {
  const { status, attempt, step, lost_attempts, failed_attempts, failed_by, worker_id, cancel_requested_at } =
    generation
  const one = [status, attempt, step, lost_attempts, failed_attempts, cancel_requested_at !== null, images.length]
  const inOrder = (ids: readonly WorkerId[]) =>
    JSON.stringify([one, jobs, left, ids.map((id) => [held[id], worker_id === id, failed_by.includes(id)])])
  return [inOrder(workers), inOrder(workers.toReversed())].sort()[0]!
}

/**
 * Searches every order in which two workers, a canceller, the sweep and a faulty queue can act on one generation, breadth
 * first, each move made by the product's own SQL. Transactions on one generation take turns by its session's lock, so the
 * orders of whole transactions are all there are.
 *
 * @throws AssertionError with the shortest way to a state that must not be
 */
export async function explore(product: Product, world: World, begin: State): Promise<Explored> {
  const parents = new Map<string, { from: string | null; move: Move | null }>([
    [keyOf(begin), { from: null, move: null }],
  ])
  /** By state: those from which it is reached without a fault. */
  const calmly = new Map<string, string[]>()
  const over: string[] = []
  const wayTo = (key: string): string[] => {
    const { from, move } = parents.get(key)!
    return from === null ? [] : [...wayTo(from), `${move!.actor}: ${move!.name}`]
  }
  let transitions = 0
  let level = [begin]
  while (level.length) {
    const nextLevel: State[] = []
    for (const state of level) {
      const from = keyOf(state)
      if (isOver(state)) over.push(from)
      for (const move of moves(state)) {
        await world.write(state.rows)
        const { outcome, next } = await make(product, state, move)
        const after: State = { ...next, rows: await world.read() }
        transitions += 1
        try {
          check(state, move, outcome, after)
        } catch (error) {
          const way = [...wayTo(from), `${move.actor}: ${move.name}`]
          throw new assert.AssertionError({ message: `${way.join('\n')}\n${(error as Error).message}` })
        }
        const key = keyOf(after)
        if (!isFault(move)) calmly.set(key, [...(calmly.get(key) ?? []), from])
        if (parents.has(key)) continue
        parents.set(key, { from, move })
        nextLevel.push(after)
      }
    }
    level = nextLevel
  }
  // whatever has happened, without further faults it can come to an end
  const ending = new Set(over)
  for (const key of ending) for (const from of calmly.get(key) ?? []) ending.add(from)
  const stuck = [...parents.keys()].find((key) => !ending.has(key))
  assert.equal(stuck && wayTo(stuck).join('\n'), undefined, 'stuck for ever')
  return { states: parents.size, transitions, ended: over.length }
}
