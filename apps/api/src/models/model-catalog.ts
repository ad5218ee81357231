import { AtelierError, modelOf, type Manifest, type Model } from '@atelier/contracts'

/** The models that are served here. */
export class ModelCatalog {
  private readonly byName: ReadonlyMap<string, Manifest>

  /** @throws RangeError when the default model is not among the manifests */
  constructor(
    manifests: readonly Manifest[],
    private readonly defaultName: string,
  ) {
    this.byName = new Map(manifests.map((manifest) => [manifest.name, manifest]))
    if (!this.byName.has(defaultName)) throw new RangeError(`There is no model ${defaultName}.`)
  }

  /** The default one first. */
  list(): Model[] {
    const models = [...this.byName.values()].map((manifest) => modelOf(manifest, manifest.name === this.defaultName))
    return models.sort((a, b) => Number(b.default) - Number(a.default) || a.name.localeCompare(b.name))
  }

  /** @param name - left out: the default model @throws AtelierError `unknown_model` */
  choose(name = this.defaultName): Manifest {
    const manifest = this.byName.get(name)
    if (!manifest)
      throw new AtelierError('unknown_model', `There is no model ${JSON.stringify(name.slice(0, 100))} here.`)
    return manifest
  }
}
