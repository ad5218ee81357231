import type { GenerateRequest } from '@atelier/ace'
import type { Manifest } from '@atelier/contracts'
import type { MakePictureDeps } from './generation/make-picture.js'
import { loadModel } from './load-model.js'
import type { Probe } from './worker-health.js'

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
 * Checks every file of a model folder, opens it in a fresh process and makes a picture that nobody keeps. It fails with
 * what is wrong with the model: InferenceError, StopError `inference-exited`.
 */
export const modelProbe = (folder: string, deps: Pick<MakePictureDeps, 'inference' | 'status' | 'log'>): Probe => ({
  longestPauseMs: 60_000,
  check: () => {
    const { inference, status } = deps
    // what still runs beside the generation that failed may end first
    return inference.inTurn(
      async () => {
        await inference.renew()
        try {
          const manifest = await inference.inspect(folder)
          await loadModel(folder, manifest.name, deps)
          const signal = new AbortController().signal
          await inference.generate(folder, probeRequest(manifest), { signal, alone: true, onStep: () => {} })
        } finally {
          status.loaded()
        }
      },
      { alone: true },
    )
  },
})

/** Writes and deletes a small object. */
export const storeProbe = ({ objects, status }: Pick<MakePictureDeps, 'objects' | 'status'>): Probe => ({
  longestPauseMs: 5_000,
  check: async () => {
    const key = `probes/${status.id}.json`
    await objects.put(key, Buffer.from('{}'), { contentType: 'application/json' })
    await objects.delete(key)
  },
})
