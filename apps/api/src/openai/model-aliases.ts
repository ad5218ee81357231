import type { Manifest } from '@atelier/contracts'
import type { ModelCatalog } from '../model-catalog.js'
import { DoorError } from './door-error.js'
import type { ModelAnswer } from './images-wire.js'

/** @param alias - a name, or the beginning of names before a `*` */
const fits = (alias: string, name: string): boolean =>
  alias.endsWith('*') ? name.startsWith(alias.slice(0, -1)) : name === alias

/** The models by the names that clients of OpenAI use: ours, and the aliases of the settings. */
export class ModelAliases {
  constructor(
    private readonly models: ModelCatalog,
    private readonly aliases: ReadonlyMap<string, string | null>,
  ) {}

  /** @param name - left out: the default model @throws DoorError `model_not_found` */
  choose(name?: string): Manifest {
    if (name === undefined) return this.models.choose()
    if (this.models.list().some((known) => known.name === name)) return this.models.choose(name)
    const [, model] = [...this.aliases].find(([alias]) => fits(alias, name)) ?? []
    if (model !== undefined) return this.models.choose(model ?? undefined)
    throw new DoorError({
      status: 404,
      code: 'model_not_found',
      param: 'model',
      message: `There is no model ${JSON.stringify(name.slice(0, 100))} here. Choose one of GET /openai/v1/models.`,
      retry: false,
    })
  }

  /** Ours first, the default one before the others; names that stand for many are not listed. */
  list(): ModelAnswer[] {
    const aliases = [...this.aliases.keys()].filter((alias) => !alias.endsWith('*'))
    const names = [...this.models.list().map(({ name }) => name), ...aliases]
    // when a model was made is not known
    return [...new Set(names)].map((id) => ({ id, object: 'model', created: 0, owned_by: 'atelier' }))
  }
}
