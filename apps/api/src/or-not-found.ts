import { AtelierError } from '@atelier/contracts'

/**
 * Returns the row. A row that does not exist and one that is somebody else's are answered alike, so nobody can tell which.
 *
 * @throws AtelierError `not_found`
 */
export function orNotFound<T>(row: T | null): T {
  if (row === null) throw new AtelierError('not_found')
  return row
}
