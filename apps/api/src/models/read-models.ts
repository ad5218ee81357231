import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { manifestSchema, type Manifest } from '@atelier/contracts'
import { ModelCatalog } from './model-catalog.js'

async function readManifest(file: string): Promise<Manifest | null> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
    throw error
  })
  if (text === null) return null
  try {
    return manifestSchema.parse(JSON.parse(text))
  } catch (error) {
    throw new Error(`${file} is not a manifest of format 1.`, { cause: error })
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
  const read = await Promise.all(names.map((name) => readManifest(join(directory, name, 'manifest.json'))))
  const manifests = read.filter((manifest) => manifest !== null)
  if (!manifests.some(({ name }) => name === defaultModel)) throw new Error(`The default model ${defaultModel} is not in ${directory}.`)
  return new ModelCatalog(manifests, defaultModel)
}
