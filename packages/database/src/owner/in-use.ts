import { AtelierError } from '@atelier/contracts'

/** How many turns a message names; `details` has them all. */
const named = 5

/** The refusal to delete what turns need. */
export function inUse(id: string, turnIds: readonly string[]): AtelierError {
  const more = turnIds.length - named
  const turns = turnIds.slice(0, named).join(', ') + (more > 0 ? ` and ${more} more` : '')
  return new AtelierError('in_use', `${id} is still needed by ${turns}.`, { turnIds })
}
