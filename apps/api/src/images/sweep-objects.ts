import type { ObjectSweep } from '@atelier/contracts'
import type { ObjectInfo } from '@atelier/objects'
import type { ApiContext } from '../api-context.js'

const prefixes = ['images/', 'generations/']
/** How many keys the database is asked about at once. */
const batchSize = 1000
const mostKeys = 100

type Parts = Pick<ApiContext, 'database' | 'objects' | 'logger'>

async function* batches({ objects }: Parts): AsyncGenerator<ObjectInfo[]> {
  let batch: ObjectInfo[] = []
  for (const prefix of prefixes) {
    for await (const object of objects.list(prefix)) {
      batch.push(object)
      if (batch.length < batchSize) continue
      yield batch
      batch = []
    }
  }
  yield batch
}

async function remove({ objects, logger }: Parts, key: string): Promise<number> {
  try {
    await objects.delete(key)
    return 1
  } catch (error) {
    logger.warn({ err: error, key }, 'an orphaned object could not be deleted')
    return 0
  }
}

/**
 * Looks through all objects for orphans, which no row names: what a process left that died between object and row, or
 * between row and object. Those that cannot be deleted are logged and not counted.
 *
 * @param request - `olderThanSeconds`: younger objects are left alone, because their rows may be about to be written
 */
export async function sweepObjects(
  parts: Parts,
  { dryRun, olderThanSeconds }: { dryRun: boolean; olderThanSeconds: number },
): Promise<ObjectSweep> {
  const sweep: ObjectSweep = { objects: 0, orphans: 0, bytes: 0, keys: [], deleted: 0 }
  const youngest = Date.now() - olderThanSeconds * 1000
  for await (const batch of batches(parts)) {
    sweep.objects += batch.length
    const old = new Map(batch.filter((o) => o.modifiedAt.getTime() <= youngest).map((o) => [o.key, o]))
    for (const key of await parts.database.admin.unnamedKeys([...old.keys()])) {
      sweep.orphans += 1
      sweep.bytes += old.get(key)!.bytes
      if (sweep.keys.length < mostKeys) sweep.keys.push(key)
      if (!dryRun) sweep.deleted += await remove(parts, key)
    }
  }
  return sweep
}
