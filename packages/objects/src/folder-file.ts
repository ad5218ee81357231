import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

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
