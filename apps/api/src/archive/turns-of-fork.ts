import { isTerminal } from '@atelier/contracts'
import type { TurnRow } from '@atelier/database'
import { lineage } from '@atelier/lcu'

/** The other turns that the record of a turn names: what its generations saw, and what they had no room for. */
const named = ({ generations }: TurnRow): string[] =>
  generations.filter(({ status }) => isTerminal(status))
    .flatMap(({ lcu, historyDropped }) => [...lcu.map(({ turnId }) => turnId), ...historyDropped])

/**
 * The turns of a fork: the path from a root to the turn, and the paths to all that those turns' generations name, so
 * that nothing in the fork names what is not there. In the order of the list.
 *
 * @param turns - all turns of the session, oldest first
 */
export function turnsOfFork<T extends TurnRow>(turns: readonly T[], turnId: string): T[] {
  const kept = new Set<string>()
  const wanted = [turnId]
  for (const id of wanted) {
    for (const turn of lineage(turns, id)) {
      if (kept.has(turn.id)) continue
      kept.add(turn.id)
      wanted.push(...named(turn))
    }
  }
  return turns.filter(({ id }) => kept.has(id))
}
