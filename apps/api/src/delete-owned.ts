import { failpoint } from '@atelier/service'
import type { ApiContext } from './api-context.js'
import { orNotFound } from './or-not-found.js'

/** How many objects are deleted at the same time: a session may have tens of thousands. */
const atOnce = 20

/**
 * Waits until rows are deleted, then deletes the objects that no row names any more. Objects that cannot be deleted
 * are logged; `collectOrphans` finds them.
 *
 * @param deleting - a deletion of an `OwnerRepositories`
 * @throws AtelierError `not_found` when there was nothing to delete, or why it was refused
 */
export async function deleteOwned(
  { objects, logger }: Pick<ApiContext, 'objects' | 'logger'>,
  deleting: Promise<{ objectKeys: string[] } | null>,
): Promise<void> {
  const { objectKeys } = orNotFound(await deleting)
  failpoint('rows-deleted')
  const left: string[] = []
  const remove = async (key: string) => {
    await objects.delete(key)
    failpoint('object-deleted')
  }
  for (let start = 0; start < objectKeys.length; start += atOnce) {
    const keys = objectKeys.slice(start, start + atOnce)
    const results = await Promise.allSettled(keys.map(remove))
    left.push(...keys.filter((_, index) => results[index]!.status === 'rejected'))
  }
  if (left.length)
    logger.warn({ objects: left.length, first: left.slice(0, 10) }, 'some objects of deleted rows could not be deleted')
}
