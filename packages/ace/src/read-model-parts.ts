import { createEncodingCache, defaultCacheBytes } from './cache/encoding-cache.js'
import { ModelFolderError } from './errors/model-folder-error.js'
import type { GraphName } from './folder/graph-table.js'
import { modelGraphs, type ModelGraphs } from './folder/model-graphs.js'
import { readIndicators } from './folder/read-indicators.js'
import { readManifest } from './folder/read-manifest.js'
import { readTokenizer } from './folder/read-tokenizer.js'
import type { ModelParts } from './pipeline/generate.js'
import type { OpenModelOptions } from './types.js'

/**
 * Reads a model folder without opening any graph: each is opened when it is first run.
 *
 * @throws ModelFolderError
 */
export async function readModelParts(
  folder: string,
  { device = 'cpu', threads, cacheBytes = defaultCacheBytes, resident, onOpening }: OpenModelOptions = {},
): Promise<ModelParts & { graphs: ModelGraphs }> {
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
  return { manifest, graphs, tokenizer, indicators, cache: createEncodingCache(cacheBytes) }
}
