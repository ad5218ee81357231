import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Manifest } from '@atelier/contracts'
import { ModelFolderError } from '../errors/model-folder-error.js'
import { Tokenizer } from '../text/tokenizer.js'

/**
 * The tokeniser of a model folder.
 *
 * @throws ModelFolderError when its file cannot be used
 */
export async function readTokenizer(folder: string, manifest: Manifest): Promise<Tokenizer> {
  const { file } = manifest.tokenizer
  try {
    return new Tokenizer(JSON.parse(await readFile(join(folder, file), 'utf8')) as object, manifest.text)
  } catch (error) {
    throw new ModelFolderError(folder, file, `cannot be used: ${(error as Error).message}`, { cause: error })
  }
}
