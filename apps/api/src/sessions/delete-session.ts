import type { OwnerRepositories } from '@atelier/database'
import type { ApiContext } from '../api-context.js'
import { found } from '../found.js'

/** Deletes a session and, afterwards, the objects that nothing names any more. @throws AtelierError `not_found` */
export async function deleteSession(
  { objects, logger }: Pick<ApiContext, 'objects' | 'logger'>,
  owner: OwnerRepositories,
  id: string,
): Promise<void> {
  const { objectKeys } = found(await owner.sessions.delete(id))
  const results = await Promise.allSettled(objectKeys.map((key) => objects.delete(key)))
  const left = objectKeys.filter((_, index) => results[index]!.status === 'rejected')
  if (left.length) logger.warn({ sessionId: id, objectKeys: left }, 'objects of a deleted session could not be deleted')
}
