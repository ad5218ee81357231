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

/** Allows large pictures and many steps, so that a generation lasts long enough to be disturbed. */
export const roomy = (manifest: Manifest): Manifest => ({
  ...manifest,
  limits: { ...manifest.limits, maxFrameTokens: 1024, maxSteps: 1000 },
})

/** Copies the tiny model, so that a test may change it. */
export async function copyTinyModel(): Promise<ModelCopy> {
  const directory = await mkdtemp(join(tmpdir(), 'atelier models '))
  const folder = join(directory, 'tiny')
  const path = join(folder, 'manifest.json')
  await cp(tinyModel, folder, { recursive: true })
  return {
    directory,
    folder,
    edit: async (change) => {
      const manifest = JSON.parse(await readFile(path, 'utf8')) as Manifest
      await writeFile(path, JSON.stringify(change(manifest)))
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}
