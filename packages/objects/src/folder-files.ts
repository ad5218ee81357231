import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ObjectInfo } from './object-store.js'

/** The code of a Node error, such as `ENOENT`. */
export const errorCode = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | null)?.code

/** Makes the entries of a folder durable; Windows cannot and does it by itself. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Writes a file whole or not at all: into a temporary file on the same disk, made durable, then renamed over the place.
 *
 * @param temporary - folder of the temporary file, on the same file system
 */
export async function writeWhole(file: string, body: Uint8Array, temporary: string): Promise<void> {
  const draft = join(temporary, randomUUID())
  try {
    const handle = await open(draft, 'wx')
    try {
      await handle.writeFile(body)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await mkdir(dirname(file), { recursive: true })
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  await syncFolder(dirname(file))
}

/**
 * Files under a folder whose key starts with the prefix, in order of key, as S3 lists them. Hidden entries are skipped,
 * and so are files that vanish meanwhile.
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
