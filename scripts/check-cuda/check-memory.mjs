import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceClient } from '../../apps/worker/dist/src/inference/inference-client.js'
import { root } from '../run-command.mjs'
import { takeMemory } from './take-memory.mjs'

const target = 'model_out_of_memory, then a picture'

/**
 * A worker's model process whose memory is taken away between the opening of the model and a picture: that picture must
 * fail with `model_out_of_memory`, and the next one, with the memory back, must be made.
 *
 * On a CPU it is the tiny model of the tests and a picture far too large for what is left: a process that may not grow at
 * all is ended by Node itself now and then.
 *
 * @param {{device: 'cuda' | 'cpu', folder: string}} options
 * @param request - see `drawRequests`
 * @returns one row of the table
 */
export async function checkMemory({ device, folder }, request) {
  const scratch = mkdtempSync(join(tmpdir(), 'atelier-check-memory-'))
  const inference = new InferenceClient({ device, threads: 0, onErrorLine: () => {}, silenceFloorMs: 300_000 })
  const model = device === 'cpu' ? limitless(scratch) : folder
  const picture = async (wanted) => {
    try {
      await inference.load(model)
      await inference.generate(model, wanted, { signal: new AbortController().signal, onStep: () => {} })
      return 'a picture'
    } catch (error) {
      return error.code ?? error.message
    }
  }
  const plain = { ...request(0, 1), steps: 1 }
  const large = device === 'cpu' ? { ...plain, width: 1536, height: 1536 } : { ...request(5, 1), steps: 1 }
  try {
    await inference.load(model)
    const giveBack = await takeMemory(device, inference.pid)
    const without = await picture(large)
    await giveBack()
    const value = `${without}, then ${await picture(device === 'cpu' ? { ...plain, width: 64, height: 64 } : large)}`
    return { check: 'memory taken away from a worker', value, target, passed: value === target }
  } finally {
    await inference.close()
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** A copy of the tests' tiny model that takes pictures of any size. */
function limitless(folder) {
  cpSync(join(root, 'packages/ace/test/fixtures/tiny-model'), folder, { recursive: true })
  const file = join(folder, 'manifest.json')
  const manifest = JSON.parse(readFileSync(file, 'utf8'))
  manifest.limits.maxFrameTokens = 65_536
  writeFileSync(file, JSON.stringify(manifest))
  return folder
}
