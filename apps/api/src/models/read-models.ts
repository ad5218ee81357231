import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Manifest } from '@atelier/contracts'
import { readManifest, type ModelFolderError } from '@atelier/contracts/model-folder'
import { ModelCatalog } from './model-catalog.js'

/** The manifest of a folder; null when it has none. */
async function manifestOf(folder: string): Promise<Manifest | null> {
  try {
    return await readManifest(folder)
  } catch (error) {
    const { code } = (error as ModelFolderError).cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    if (code) throw error
    throw new Error(`${join(folder, 'manifest.json')} is not a manifest of format 1.`, { cause: error })
  }
}

/**
 * Reads the manifest of every model folder in a directory. The graphs are the workers' business.
 *
 * @param defaultModel - name in a manifest
 * @throws Error naming the file that is damaged or missing
 */
export async function readModels(directory: string, defaultModel: string): Promise<ModelCatalog> {
  const names = await readdir(directory).catch(() => {
    throw new Error(`The folder of models, ${directory}, cannot be read.`)
  })
  const read = await Promise.all(names.map((name) => manifestOf(join(directory, name))))
  const manifests = read.filter((manifest) => manifest !== null)
  if (!manifests.some(({ name }) => name === defaultModel)) throw new Error(`The default model ${defaultModel} is not in ${directory}.`)
  return new ModelCatalog(manifests, defaultModel)
}
