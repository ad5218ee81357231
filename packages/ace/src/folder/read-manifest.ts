import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { manifestSchema, type Manifest } from '@atelier/contracts'
import { ModelFolderError } from '../errors/model-folder-error.js'

const name = 'manifest.json'

/**
 * Reads `manifest.json` of a model folder.
 *
 * @throws ModelFolderError when it is missing, no JSON, or does not fit the schema (names the first wrong field)
 */
export async function readManifest(folder: string): Promise<Manifest> {
  let json: unknown
  try {
    json = JSON.parse(await readFile(join(folder, name), 'utf8'))
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw new ModelFolderError(folder, name, missing ? 'is missing.' : `cannot be read: ${(error as Error).message}`, {
      cause: error,
    })
  }
  const { data, error } = manifestSchema.safeParse(json)
  if (data) return data
  const issue = error.issues[0]!
  throw new ModelFolderError(
    folder,
    name,
    `does not fit format 1: ${issue.path.join('.') || 'the whole'}: ${issue.message}.`,
  )
}
