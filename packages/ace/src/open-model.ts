import { closeGraphs, loadOrClose } from './folder/model-graphs.js'
import { generate } from './pipeline/generate.js'
import { readModelParts } from './read-model-parts.js'
import type { AceModel, OpenModelOptions } from './types.js'

/**
 * Loads a model folder. Sizes and hashes of its files are not compared here: `verifyModelFolder` does that, once a
 * start and not once a process.
 *
 * @throws ModelFolderError, DeviceUnavailableError, OutOfMemoryError, GraphError
 */
export async function openModel(folder: string, options: OpenModelOptions = {}): Promise<AceModel> {
  const parts = await readModelParts(folder, options)
  const { manifest, graphs } = parts
  const wanted = Object.values(graphs).filter((graph) => graph.resident)
  // One is opened in any case: it shows at the start whether the device can be used at all.
  await loadOrClose(graphs, wanted.length ? wanted : [graphs.conditioner])
  await graphs.conditioner.rest()
  return {
    manifest,
    generate: (request, hooks) => generate(parts, request, hooks),
    close: () => closeGraphs(graphs),
  }
}
