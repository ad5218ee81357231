import { findModelFolders } from './find-model-folders.js'
import type { InferenceClient } from './inference/inference-client.js'
import { UnusableModelError } from './unusable-model-error.js'

/**
 * Checks every model folder of a directory.
 *
 * @returns path by model name
 * @throws UnusableModelError when there is none, one is damaged, or the default one is not there
 */
export async function inspectModelFolders(
  { directory, defaultModel }: { directory: string; defaultModel: string },
  inference: InferenceClient,
): Promise<Map<string, string>> {
  const folders = new Map<string, string>()
  for (const folder of await findModelFolders(directory)) {
    const manifest = await UnusableModelError.instead(inference.inspect(folder))
    folders.set(manifest.name, folder)
  }
  if (folders.has(defaultModel)) return folders
  throw new UnusableModelError(`The default model ${defaultModel} is not in ${directory}.`)
}
