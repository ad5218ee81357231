import { isTerminal } from '@atelier/contracts'
import type { TurnRow } from '@atelier/database'
import { lineage } from '@atelier/conversation'

/** The turns that the ended generations of a turn saw. */
const seen = ({ generations }: TurnRow): string[] =>
  generations.filter(({ status }) => isTerminal(status)).flatMap(({ lcu }) => lcu.map(({ turnId }) => turnId))

/**
 * The turns of a fork: the path from a root to the turn, and the paths to all that those turns' generations saw, so
 * that no record in the fork shows what is not there. In the order of the list.
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
      wanted.push(...seen(turn))
    }
  }
  return turns.filter(({ id }) => kept.has(id))
}
