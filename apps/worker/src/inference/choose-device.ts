import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Where `onnxruntime-node` keeps its CUDA part; it is not in the npm package, so an operator has to put it there. */
export function cudaLibrary(): string {
  // Resolved as the pipeline resolves it, since the pipeline is what will open it.
  const fromAce = createRequire(createRequire(import.meta.url).resolve('@atelier/ace'))
  const root = dirname(dirname(fromAce.resolve('onnxruntime-node')))
  return join(root, 'bin', 'napi-v6', process.platform, process.arch, 'libonnxruntime_providers_cuda.so')
}

/** `auto` becomes `cuda` when the CUDA part is installed, else `cpu`. */
export function chooseDevice(wanted: 'auto' | 'cpu' | 'cuda'): 'cpu' | 'cuda' {
  if (wanted !== 'auto') return wanted
  return existsSync(cudaLibrary()) ? 'cuda' : 'cpu'
}
