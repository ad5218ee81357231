import { InferenceClient } from '../../apps/worker/dist/src/inference/inference-client.js'
import { takeMemory } from './take-memory.mjs'

/**
 * A worker's model process whose memory is taken away between the opening of the model and a picture: that picture must
 * fail with `model_out_of_memory`, and the next one, with the memory back, must be made.
 *
 * @param {{device: 'cuda' | 'cpu', folder: string}} options
 * @param request - see `drawRequests`
 * @returns one row of the table
 */
export async function checkMemory({ device, folder }, request) {
  const inference = new InferenceClient({ device, threads: 0, onErrorLine: () => {}, silenceFloorMs: 300_000 })
  const picture = async () => {
    try {
      await inference.load(folder)
      await inference.generate(folder, request(5, 1, { steps: 1 }), { signal: new AbortController().signal, onStep: () => {} })
      return 'a picture'
    } catch (error) {
      return error.code ?? error.message
    }
  }
  try {
    await inference.load(folder)
    const giveBack = await takeMemory(device, inference.pid)
    const without = await picture()
    await giveBack()
    const value = `${without}, then ${await picture()}`
    const target = 'model_out_of_memory, then a picture'
    return { check: 'memory taken away from a worker', value, target, passed: value === target }
  } finally {
    await inference.close()
  }
}
