import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Manifest } from '@atelier/contracts'
import { ModelFolderError, readManifest } from '@atelier/contracts/model-folder'

/**
 * Reads every file of a model folder and compares size and SHA-256 with the manifest; every graph, the tokeniser and
 * the indicator table must be on its list.
 *
 * @returns the manifest
 * @throws ModelFolderError that names the first file at fault
 */
export async function verifyModelFolder(folder: string): Promise<Manifest> {
  const manifest = await readManifest(folder)
  const listed = new Set(manifest.files.map((file) => file.path))
  const { textProjector, sampler, keptSampler } = manifest.cuda ?? {}
  const used = [...Object.values(manifest.graphs), textProjector, sampler, keptSampler]
  const graphs = used.filter((path) => path !== undefined)
  for (const path of [...graphs, manifest.tokenizer.file, manifest.indicators.file]) {
    if (!listed.has(path))
      throw new ModelFolderError(folder, path, 'is used by the manifest but not on its list of files.')
  }
  for (const file of manifest.files) await verifyFile(folder, file)
  return manifest
}

async function verifyFile(folder: string, { path, bytes, sha256 }: Manifest['files'][number]): Promise<void> {
  const file = join(folder, path)
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new ModelFolderError(
      folder,
      path,
      error.code === 'ENOENT' ? 'is missing.' : `cannot be read: ${error.message}`,
      { cause: error },
    )
  })
  if (found.size !== bytes) throw new ModelFolderError(folder, path, `has ${found.size} bytes instead of ${bytes}.`)
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash).catch((error: Error) => {
    throw new ModelFolderError(folder, path, `cannot be read: ${error.message}`, { cause: error })
  })
  if (hash.digest('hex') !== sha256)
    throw new ModelFolderError(folder, path, 'is damaged: its SHA-256 is not the one in the manifest.')
}
