import { existsSync } from 'node:fs'
import { cudaLibrary } from '@atelier/ace'

/** `auto` becomes `cuda` when ONNX Runtime's CUDA part is installed (it is not in the npm package), else `cpu`. */
export function chooseDevice(wanted: 'auto' | 'cpu' | 'cuda'): 'cpu' | 'cuda' {
  if (wanted !== 'auto') return wanted
  return existsSync(cudaLibrary()) ? 'cuda' : 'cpu'
}
