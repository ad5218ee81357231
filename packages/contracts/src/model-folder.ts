// Reading `manifest.json`: apart from the index, because it needs Node and the page does not have it.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { manifestSchema, type Manifest } from './manifest.js'

/** A model folder that is incomplete, damaged, or in another format. */
export class ModelFolderError extends Error {
  override readonly name = 'ModelFolderError'

  /**
   * @param folder - path of the model folder
   * @param file - the file at fault, relative to the folder
   * @param problem - what is wrong with it, as the end of a sentence
   */
  constructor(
    readonly folder: string,
    readonly file: string,
    readonly problem: string,
    options?: ErrorOptions,
  ) {
    super(`${file} in the model folder ${folder} ${problem}`, options)
  }
}

/**
 * Reads `manifest.json` of a model folder.
 *
 * @throws ModelFolderError when the file is missing, is not JSON, or does not fit the schema (it names the first wrong
 *   field); its `cause` is the error of the file system, the parser or the schema
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const file = 'manifest.json'
  let json: unknown
  try {
    json = JSON.parse(await readFile(join(folder, file), 'utf8'))
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const problem = missing ? 'is missing.' : `cannot be read: ${(error as Error).message}`
    throw new ModelFolderError(folder, file, problem, { cause: error })
  }
  const { data, error } = manifestSchema.safeParse(json)
  if (data) return data
  const { path, message } = error.issues[0]!
  const problem = `does not fit format 1: ${path.join('.') || 'the whole'}: ${message}.`
  throw new ModelFolderError(folder, file, problem, { cause: error })
}
