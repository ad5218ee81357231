import type { ApiContext } from './api-context.js'
import { orNotFound } from './or-not-found.js'

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
  const results = await Promise.allSettled(objectKeys.map((key) => objects.delete(key)))
  const left = objectKeys.filter((_, index) => results[index]!.status === 'rejected')
  if (left.length) logger.warn({ objectKeys: left }, 'some objects of deleted rows could not be deleted')
}
