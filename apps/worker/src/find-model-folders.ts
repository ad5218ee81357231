import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { UnusableModelError } from './unusable-model-error.js'

/**
 * Paths of the model folders in a directory: its folders that hold a `manifest.json`, in order of name.
 *
 * @throws UnusableModelError when there is none
 */
export async function findModelFolders(directory: string): Promise<string[]> {
  const place = resolve(directory)
  const names = await readdir(place).catch(() => [] as string[])
  const folders: string[] = []
  for (const name of names.sort()) {
    const manifest = await stat(join(place, name, 'manifest.json')).catch(() => undefined)
    if (manifest?.isFile()) folders.push(join(place, name))
  }
  if (folders.length === 0) throw new UnusableModelError(`There is no folder with a manifest.json in ${place}.`)
  return folders
}
