import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { basename, dirname, join } from 'node:path'

// The npm package of ONNX Runtime for Linux brings neither: `npm run cuda:install` puts them there.
const names = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'] as const

const folder = (): string => {
  const packageFile = createRequire(import.meta.url).resolve('onnxruntime-node/package.json')
  return join(dirname(packageFile), 'bin', 'napi-v6', process.platform, process.arch)
}

/** Why ONNX Runtime's CUDA provider is not installed, as a sentence; null when its files are there. */
export function cudaNotInstalled(): string | null {
  const missing = names.find((name) => !existsSync(join(folder(), name)))
  return missing ? `ONNX Runtime's CUDA provider is not installed (${missing} is missing).` : null
}

/**
 * What keeps the installed CUDA provider from being loaded, as a sentence that names the library at fault; null when
 * it can be loaded. To be asked after ONNX Runtime has failed: it keeps the system's reason to itself, and the
 * provider must not be loaded before ONNX Runtime is there to meet it.
 */
export function cudaLoadProblem(): string | null {
  for (const name of names) {
    try {
      process.dlopen({ exports: {} }, join(folder(), name), constants.dlopen.RTLD_LAZY)
    } catch (error) {
      const message = (error as Error).message
      const library = /^(?:.*: )?(\S+\.so[.\d]*): cannot open shared object file/.exec(message)?.[1]
      if (library) return `the library ${basename(library)}, which ${name} needs, is missing.`
      // It was loaded, and is no Node.js module.
      if (/did not self-register|undefined symbol: (node|napi)_/.test(message)) continue
      return `${name} cannot be loaded: ${message}.`
    }
  }
  return null
}
