import type { Manifest } from '@atelier/contracts'
import { readManifest } from '@atelier/contracts/model-folder'
import { fixture } from '../repository.js'

/** The manifest that the converter writes for ACE-0.6B at 512 px in float16 for CUDA, without files. */
export async function aceManifest(): Promise<Manifest> {
  const tiny = await readManifest(fixture('tiny-fp16'))
  return {
    ...tiny,
    name: 'ace-0.6b-512px',
    precision: 'fp16',
    dit: { width: 1152, depth: 28, heads: 16, patch: 2, textWidth: 4096 },
    latent: { channels: 4, downscale: 8, scale: 0.18215 },
    limits: { ...tiny.limits, maxFrameTokens: 1024, maxSteps: 100 },
    defaults: { ...tiny.defaults, width: 512, height: 512, steps: 20, guidanceScale: 4.5, guidanceRescale: 0.5 },
    files: [],
  }
}
