import type { Session } from '@atelier/contracts'
import type { IdempotencyUse, OwnerRepositories } from '@atelier/database'
import type { ApiContext } from '../api-context.js'
import { maxEntries } from './archive-limits.js'
import { readArchive, readFiles } from './read-archive.js'
import { restoreContent } from './restore-content.js'
import { ZipReader } from './zip-reader.js'

/**
 * Makes a session of an archive. Everything is checked before anything is written.
 *
 * @param path - the archive's file
 * @throws AtelierError `archive_invalid`
 */
export async function importSession(
  { objects, settings: { limits } }: Pick<ApiContext, 'objects' | 'settings'>,
  owner: OwnerRepositories,
  path: string,
  idempotency?: IdempotencyUse,
): Promise<Session> {
  const zip = await ZipReader.open(path, maxEntries)
  try {
    const content = await readArchive(zip, limits)
    const { createdAt, updatedAt } = content.session
    return await restoreContent(objects, owner, {
      content,
      times: { createdAt, updatedAt },
      files: (image) => readFiles(zip, image, limits),
      idempotency,
    })
  } finally {
    zip.close()
  }
}
