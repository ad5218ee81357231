import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Manifest } from '@atelier/contracts'
import { tinyModel } from './tiny-model.js'

/** A directory with one model folder in it. */
export interface ModelCopy {
  directory: string
  /** The model folder. */
  folder: string
  /** Rewrites the manifest. */
  edit(change: (manifest: Manifest) => Manifest): Promise<void>
  remove(): Promise<void>
}

/** Copies the tiny model, so that a test may change it. */
export async function copyTinyModel(): Promise<ModelCopy> {
  const directory = await mkdtemp(join(tmpdir(), 'atelier models '))
  const folder = join(directory, 'tiny')
  const path = join(folder, 'manifest.json')
  await cp(tinyModel, folder, { recursive: true })
  return {
    directory, folder,
    edit: async (change) => writeFile(path, JSON.stringify(change(JSON.parse(await readFile(path, 'utf8')) as Manifest))),
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}
