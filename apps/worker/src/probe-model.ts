import type { GenerateRequest } from '@atelier/ace'
import type { Manifest } from '@atelier/contracts'
import type { MakePictureDeps } from './generation/make-picture.js'
import { loadModel } from './load-model.js'

/** One step at the model's own size: what an ordinary generation needs of the device, in the shortest time. */
const probeRequest = ({ defaults }: Manifest): GenerateRequest => ({
  instruction: 'a picture',
  frames: [],
  currentFrames: 0,
  ...defaults,
  steps: 1,
  negativePrompt: '',
  keepUnmasked: false,
  seed: 1,
  cacheScope: 'probe',
})

/**
 * Checks every file of a model folder, opens it in a fresh process and makes a picture that nobody keeps.
 *
 * @throws what is wrong with it: InferenceError, StopError `inference-exited`
 */
export async function probeModel(
  folder: string,
  deps: Pick<MakePictureDeps, 'inference' | 'status' | 'log'>,
): Promise<void> {
  const { inference, status } = deps
  await inference.renew()
  try {
    const manifest = await inference.inspect(folder)
    await loadModel(folder, manifest.name, deps)
    const signal = new AbortController().signal
    await inference.generate(folder, probeRequest(manifest), { signal, onStep: () => {} })
  } finally {
    status.loaded()
  }
}
