import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AtelierError, modelOf, type Manifest, type Model } from '@atelier/contracts'
import { readManifest, type ModelFolderError } from '@atelier/contracts/model-folder'
import { ModelText } from '@atelier/text'
import type { CheckedModel } from './archive/check-manifest.js'

/** The models that are served here. */
export class ModelCatalog {
  private readonly byName: ReadonlyMap<string, Manifest>

  /**
   * @param texts - how much each model reads; texts for others are not measured
   * @throws RangeError when the default model is not among the manifests
   */
  constructor(
    manifests: readonly Manifest[],
    private readonly defaultName: string,
    private readonly texts: ReadonlyMap<string, ModelText> = new Map(),
  ) {
    this.byName = new Map(manifests.map((manifest) => [manifest.name, manifest]))
    if (!this.byName.has(defaultName)) throw new RangeError(`There is no model ${defaultName}.`)
  }

  /** The default one first. */
  list(): Model[] {
    const models = [...this.byName.values()].map((manifest) => modelOf(manifest, manifest.name === this.defaultName))
    return models.sort((a, b) => Number(b.default) - Number(a.default) || a.name.localeCompare(b.name))
  }

  /** How much a model reads, if that is known. */
  textOf(name: string): ModelText | undefined {
    return this.texts.get(name)
  }

  /** What records of each model are checked against. */
  get limits(): CheckedModel[] {
    return [...this.byName.values()].map(({ name, limits, samplers, fast }) => ({ name, limits, samplers, fast }))
  }

  /** @param name - left out: the default model @throws AtelierError `unknown_model` */
  choose(name = this.defaultName): Manifest {
    const manifest = this.byName.get(name)
    if (!manifest)
      throw new AtelierError('unknown_model', `There is no model ${JSON.stringify(name.slice(0, 100))} here.`)
    return manifest
  }
}

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

/** The tokeniser of a model folder; null when only its manifest is here, as its graphs need not be. */
async function textOf(folder: string, manifest: Manifest): Promise<ModelText | null> {
  try {
    return await ModelText.read(folder, manifest)
  } catch (error) {
    if (((error as ModelFolderError).cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/**
 * Reads the manifest and the tokeniser of every model folder in a directory. The graphs are the workers' business.
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
  const texts = new Map<string, ModelText>()
  for (const [index, manifest] of read.entries()) {
    const text = manifest && (await textOf(join(directory, names[index]!), manifest))
    if (text) texts.set(manifest.name, text)
  }
  if (!manifests.some(({ name }) => name === defaultModel))
    throw new Error(`The default model ${defaultModel} is not in ${directory}.`)
  return new ModelCatalog(manifests, defaultModel, texts)
}
