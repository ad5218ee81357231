import type { Manifest } from '@atelier/contracts'
import { createEncodingCache, defaultCacheBytes } from './encoding-cache.js'
import { closeGraphs, graphsFor, loadOrClose, type UsedGraphs } from './model-folder/model-graphs.js'
import { readModelFolder } from './model-folder/read-model-folder.js'
import { generate, type ModelParts } from './pipeline/generate.js'
import { samplingBatch, type SamplingBatch } from './pipeline/prepare-sampling.js'
import type { AceModel, OpenModelOptions } from './types.js'

/**
 * Opens a model folder. Sizes and hashes of its files are not checked here: `verifyModelFolder` does that, once a start
 * and not once a process.
 *
 * @throws ModelFolderError, DeviceUnavailableError, OutOfMemoryError, GraphError
 */
export async function openModel(folder: string, options: OpenModelOptions = {}): Promise<AceModel> {
  const parts = await readModelParts(folder, options)
  const { manifest, graphs } = parts
  const batch = batchOf(manifest, graphs, options)
  const wanted = Object.values(graphs).filter((graph) => graph.resident)
  // At least one is opened: it shows at the start whether the device can be used at all.
  const first = 'sampler' in graphs ? graphs.textProjector : graphs.conditioner
  await loadOrClose(graphs, wanted.length ? wanted : [first])
  await first.release()
  return {
    manifest,
    generate: (request, hooks) => generate({ ...parts, graphs: leased(graphs), batch }, request, hooks),
    close: () => closeGraphs(graphs),
  }
}

/** A run's tokens are bounded by those of the largest generation that the model allows, with guidance. */
function batchOf(
  { precision, limits }: Manifest,
  graphs: UsedGraphs,
  { batch = 1, batchWaitMs = 0 }: OpenModelOptions,
): SamplingBatch | undefined {
  // its products scale activations by the largest of all rows: what others are drawing would show in the picture
  if (batch === 1 || precision === 'int8') return undefined
  const mostTokens = 2 * (limits.maxConditionFrames + 1) * limits.maxFrameTokens
  return samplingBatch(leased(graphs), { most: batch, mostTokens, waitMs: batchWaitMs })
}

/** The graphs for one of several generations that run at once. */
const leased = <Graphs extends UsedGraphs>(graphs: Graphs): Graphs =>
  Object.fromEntries(Object.entries(graphs).map(([name, graph]) => [name, graph.lease()])) as unknown as Graphs

/**
 * Reads a model folder without opening any graph: each is opened when it is first run.
 *
 * @throws ModelFolderError
 */
export async function readModelParts(
  folder: string,
  { device = 'cpu', graphsOf = device, threads, cacheBytes = defaultCacheBytes, ...options }: OpenModelOptions = {},
): Promise<Omit<ModelParts, 'graphs'> & { graphs: UsedGraphs }> {
  const read = await readModelFolder(folder)
  const graphs = graphsFor(graphsOf, folder, read.manifest, { device, threads, ...options })
  return { ...read, graphs, cache: createEncodingCache(cacheBytes) }
}
