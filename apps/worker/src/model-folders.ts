import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { InferenceClient } from './inference/inference-client.js'

/** The model that the settings name cannot be used: the message is one line that names the file or folder at fault. */
export class UnusableModelError extends Error {
  override readonly name = 'UnusableModelError'

  /** Waits for work on a model folder; its error becomes one of this class. */
  static async instead<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw new UnusableModelError(error instanceof Error ? error.message : String(error), { cause: error })
    }
  }
}

/** Paths of the folders in a directory that hold a `manifest.json`, in order of name. */
async function findModelFolders(directory: string): Promise<string[]> {
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

/**
 * Checks every model folder of a directory.
 *
 * @returns path by model name
 * @throws UnusableModelError when there is none, one is damaged, or the default one is not there
 */
export async function inspectModelFolders(
  { directory, defaultModel }: { directory: string; defaultModel: string },
  inference: InferenceClient,
): Promise<Map<string, string>> {
  const folders = new Map<string, string>()
  for (const folder of await findModelFolders(directory)) {
    const manifest = await UnusableModelError.instead(inference.inspect(folder))
    folders.set(manifest.name, folder)
  }
  if (folders.has(defaultModel)) return folders
  throw new UnusableModelError(`The default model ${defaultModel} is not in ${directory}.`)
}
