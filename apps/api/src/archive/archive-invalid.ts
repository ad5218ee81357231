import { AtelierError } from '@atelier/contracts'

/**
 * The refusal of an archive.
 *
 * @param problem - what is wrong, as the end of a sentence that begins with the place
 * @param path - a file of the archive, or a field of its `session.json`
 */
export const archiveInvalid = (path: string, problem: string, cause?: unknown): AtelierError =>
  new AtelierError('archive_invalid', `${path} ${problem}.`, { path, problem }, { cause })
