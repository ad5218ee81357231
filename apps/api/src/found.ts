import { AtelierError } from '@atelier/contracts'

/**
 * The row, or the answer to what does not exist or is somebody else's: nobody can tell which.
 *
 * @throws AtelierError `not_found`
 */
export function found<T>(row: T | null): T {
  if (row === null) throw new AtelierError('not_found')
  return row
}
