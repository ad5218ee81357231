import type { ObjectSweep } from '@atelier/contracts'
import type { ObjectInfo } from '@atelier/objects'
import { picturePrefixes } from '@atelier/pictures'
import type { ApiContext } from '../api-context.js'

/** How many keys the database is asked about at once. */
const batchSize = 1000
const mostKeys = 100

type Deps = Pick<ApiContext, 'database' | 'objects' | 'logger'>

async function* batches({ objects }: Deps): AsyncGenerator<ObjectInfo[]> {
  let batch: ObjectInfo[] = []
  for (const prefix of picturePrefixes) {
    for await (const object of objects.list(prefix)) {
      batch.push(object)
      if (batch.length < batchSize) continue
      yield batch
      batch = []
    }
  }
  yield batch
}

async function remove({ objects, logger }: Deps, key: string): Promise<number> {
  try {
    await objects.delete(key)
    return 1
  } catch (error) {
    logger.warn({ err: error, key }, 'an orphaned object could not be deleted')
    return 0
  }
}

/**
 * Looks through all objects for orphans: those that no row names, left by a process that died after it wrote an object
 * and before it wrote the row, or after it deleted the row and before it deleted the object. Orphans that cannot be
 * deleted are logged and not counted.
 *
 * @param request - `olderThanSeconds`: younger objects are left alone, because their rows may be about to be written; `stop`:
 *   ends it early
 */
export async function collectOrphans(
  deps: Deps,
  { dryRun, olderThanSeconds, stop }: { dryRun: boolean; olderThanSeconds: number; stop?: AbortSignal | undefined },
): Promise<ObjectSweep> {
  const found: ObjectSweep = { objects: 0, orphans: 0, bytes: 0, keys: [], deleted: 0 }
  const youngest = Date.now() - olderThanSeconds * 1000
  for await (const batch of batches(deps)) {
    if (stop?.aborted) break
    found.objects += batch.length
    const old = new Map(batch.filter((o) => o.modifiedAt.getTime() <= youngest).map((o) => [o.key, o]))
    for (const key of await deps.database.admin.unnamedKeys([...old.keys()])) {
      found.orphans += 1
      found.bytes += old.get(key)!.bytes
      if (found.keys.length < mostKeys) found.keys.push(key)
      if (!dryRun) found.deleted += await remove(deps, key)
    }
  }
  return found
}
