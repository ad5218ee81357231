import type { GenerationChange } from '@atelier/client'

/** Changes that are kept at most: those of the generations that changed last. */
const maxKept = 500

/** Whether a change is more than another step: then lists and stories are out of date. */
export function isNews(before: GenerationChange | undefined, change: GenerationChange): boolean {
  return (
    before === undefined ||
    before.status !== change.status ||
    before.attempt !== change.attempt ||
    before.parkedAt !== change.parkedAt ||
    before.workerId !== change.workerId
  )
}

/** The newest change of each generation; of too many, those that changed last. */
export function keepNewest(
  before: ReadonlyMap<string, GenerationChange>,
  changes: readonly GenerationChange[],
): ReadonlyMap<string, GenerationChange> {
  const all = new Map(before)
  for (const change of changes) {
    // Set anew, so that it stands at the end.
    all.delete(change.id)
    all.set(change.id, change)
  }
  for (const id of all.keys()) {
    if (all.size <= maxKept) break
    all.delete(id)
  }
  return all
}
