import { createEncodingCache, defaultCacheBytes } from './cache/encoding-cache.js'
import { ModelFolderError } from './errors/model-folder-error.js'
import { closeGraphs, loadOrClose, modelGraphs } from './folder/model-graphs.js'
import type { GraphName } from './folder/graph-table.js'
import { readIndicators } from './folder/read-indicators.js'
import { readManifest } from './folder/read-manifest.js'
import { readTokenizer } from './folder/read-tokenizer.js'
import { generate } from './pipeline/generate.js'
import type { AceModel, OpenModelOptions } from './types.js'

/**
 * Loads a model folder. Sizes and hashes of its files are not compared here: `verifyModelFolder` does that, once a
 * start and not once a process.
 *
 * @throws ModelFolderError, DeviceUnavailableError, OutOfMemoryError, GraphError
 */
export async function openModel(
  folder: string,
  { device = 'cpu', threads, cacheBytes = defaultCacheBytes, resident, onOpening }: OpenModelOptions = {},
): Promise<AceModel> {
  const manifest = await readManifest(folder)
  const { dit, latent, preview, limits, indicators: table } = manifest
  if (
    preview.factors.length !== latent.channels ||
    limits.sizeMultiple % (latent.downscale * dit.patch) !== 0 ||
    table.shape[1] !== dit.textWidth
  ) {
    throw new ModelFolderError(
      folder,
      'manifest.json',
      'contradicts itself: channels and preview factors, or size multiple and patches, or text width and indicators.',
    )
  }
  const tokenizer = await readTokenizer(folder, manifest)
  const indicators = await readIndicators(folder, manifest.indicators)
  const graphs = modelGraphs<GraphName>(folder, manifest, { device, threads, resident, onOpening })
  const wanted = Object.values(graphs).filter((graph) => graph.resident)
  // One is opened in any case: it shows at the start whether the device can be used at all.
  await loadOrClose(graphs, wanted.length ? wanted : [graphs.conditioner])
  await graphs.conditioner.rest()
  const parts = { manifest, graphs, tokenizer, indicators, cache: createEncodingCache(cacheBytes) }
  return {
    manifest,
    generate: (request, hooks) => generate(parts, request, hooks),
    close: () => closeGraphs(graphs),
  }
}
