import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from './folder-file.js'
import type { ObjectInfo } from './object-store.js'

/**
 * Files under a folder whose key starts with the prefix, in order of key, as S3 lists them. Hidden entries are skipped,
 * and so is what vanishes on the way.
 *
 * @param root - folder of the store
 * @param prefix - beginning of the keys wanted; folders that cannot hold such keys are not read
 * @param folder - where to begin, as a key with a slash at its end; default: everywhere
 */
export async function* walkFolder(root: string, prefix: string, folder = ''): AsyncGenerator<ObjectInfo> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  })
  // A folder sorts as its name with a slash: `a.png` comes before `a/b.png`.
  const names = entries
    .filter((e) => !e.name.startsWith('.'))
    .map((e) => folder + e.name + (e.isDirectory() ? '/' : ''))
    .sort()
  for (const key of names) {
    if (key.endsWith('/')) {
      if (key.startsWith(prefix) || prefix.startsWith(key)) yield* walkFolder(root, prefix, key)
    } else if (key.startsWith(prefix)) {
      const found = await stat(join(root, key)).catch(() => null)
      if (found) yield { key, bytes: found.size, modifiedAt: found.mtime }
    }
  }
}
