import { InferenceClient } from '../../apps/worker/dist/src/inference/inference-client.js'

/**
 * `DEVICE=auto` where the driver shows no GPU (on a machine with one it is hidden): a worker must open the model on the CPU and
 * have a reason to tell.
 *
 * @param {string} folder - a model folder, best a small one
 * @returns one row of the table
 */
export async function checkAuto(folder) {
  const before = process.env.CUDA_VISIBLE_DEVICES
  // The model's process is forked with this environment.
  process.env.CUDA_VISIBLE_DEVICES = '-1'
  const inference = new InferenceClient({ device: 'auto', threads: 0, onErrorLine: () => {} })
  try {
    await inference.load(folder)
    const { device, deviceFallback: reason } = inference
    const value = `${device}: ${reason ?? 'no reason'}`
    return {
      check: 'DEVICE=auto without a GPU',
      value,
      target: 'cpu, with the reason',
      passed: device === 'cpu' && Boolean(reason),
    }
  } finally {
    if (before === undefined) delete process.env.CUDA_VISIBLE_DEVICES
    else process.env.CUDA_VISIBLE_DEVICES = before
    await inference.close()
  }
}
