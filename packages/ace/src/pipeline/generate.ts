import type { Manifest } from '@atelier/contracts'
import { encodePng } from '../images/image-files.js'
import { keepUnmasked } from '../images/keep-unmasked.js'
import { latentMask } from '../images/shrink-mask.js'
import type { ModelGraphs, SamplingGraphs } from '../model-folder/model-graphs.js'
import { linearSchedule } from '../scheduler/noise-schedule.js'
import { trailingSteps } from '../scheduler/sampling-steps.js'
import { seededNoise } from '../scheduler/seeded-noise.js'
import { Sequence, type LatentFrame } from '../sequence/sequence.js'
import type { GenerateHooks, GenerateRequest, GenerateResult } from '../types.js'
import { checkRequest } from './check-request.js'
import { decodeLatent, previewPixels } from './decode-latent.js'
import type { SamplingPlan } from './denoise.js'
import { encodeConditions, type ConditionParts } from './encode-conditions.js'
import type { EncodedFrame } from './encode-frames.js'
import { prepareSampling, type SamplingBatch } from './prepare-sampling.js'
import { throwIfAborted } from './throw-if-aborted.js'

/** The parts of a loaded model. */
export interface ModelParts extends ConditionParts {
  manifest: Manifest
  graphs: {
    [Name in 'textEncoder' | 'vaeEncoder' | 'vaeDecoder']: Pick<ModelGraphs[Name], 'run' | 'release'>
  } & SamplingGraphs
  /** Of these graphs, for generations that run at once; left out: each runs by itself. */
  batch?: SamplingBatch | undefined
}

/** One run of the model; see `AceModel.generate`. A graph that is not resident is released as soon as its stage is over. */
export async function generate(
  parts: ModelParts,
  request: GenerateRequest,
  hooks: GenerateHooks = {},
): Promise<GenerateResult> {
  const { graphs } = parts
  try {
    return await run(parts, request, hooks)
  } finally {
    for (const graph of Object.values(graphs)) await graph.release()
  }
}

async function run(parts: ModelParts, request: GenerateRequest, hooks: GenerateHooks): Promise<GenerateResult> {
  const { manifest, graphs } = parts
  const { latent: latentSettings, preview } = manifest
  const { signal } = hooks
  checkRequest(request, manifest)
  const started = performance.now()

  throwIfAborted(signal, 'encoding')
  const { frames, passes, indicators, encoded } = await encodeConditions(parts, request, signal)
  const edited = editedFrame(request, frames)
  const target = edited ?? plainTarget(request, latentSettings)
  const sequence = new Sequence([target, ...frames], passes.length, latentSettings.channels, manifest.dit.patch)
  const batch = hooks.alone ? undefined : parts.batch
  const sample = await prepareSampling(graphs, manifest, sequence, passes, indicators, {
    ...shortcutsOf(request, manifest),
    batch,
  })
  const encodedAt = performance.now()

  const { height, width } = target
  const steps = trailingSteps(linearSchedule(manifest.scheduler), request.steps)
  const latent = seededNoise(request.seed, latentSettings.channels * height * width)
  const plan: SamplingPlan = {
    steps,
    sampler: request.sampler ?? 'ddim',
    prediction: manifest.scheduler.prediction,
    guidance: { scale: request.guidanceScale, rescale: request.guidanceRescale },
    guidanceInterval: request.guidanceInterval ?? [0, 1],
  }
  const shared = await sample(latent, plan, {
    signal,
    onStep: (step, predicted) =>
      hooks.onProgress?.({
        step,
        steps: steps.count,
        preview: () => encodePng(previewPixels(predicted, preview), width, height),
      }),
  })
  const denoisedAt = performance.now()

  throwIfAborted(signal, 'decoding')
  const picture = await decodeLatent(latent, height, width, graphs.vaeDecoder, latentSettings)
  if (request.keepUnmasked && edited?.source)
    picture.pixels = keepUnmasked(picture.pixels, edited.source, picture.width)
  const timings = {
    encodeMs: encodedAt - started,
    denoiseMs: denoisedAt - encodedAt,
    decodeMs: performance.now() - denoisedAt,
  }
  return { ...picture, timings, encoded, batch: shared }
}

function shortcutsOf({ speed, historyRefresh, stepCache }: GenerateRequest, { fast }: Manifest) {
  const chosen = speed === 'fast' ? fast : undefined
  return {
    historyRefresh: historyRefresh ?? chosen?.historyRefresh ?? 1,
    stepCache: stepCache ?? chosen?.stepCache ?? 0,
  }
}

/** The current turn's first image: the target has its size and mask. Undefined when the turn has no image. */
function editedFrame(
  { frames, currentFrames }: GenerateRequest,
  encoded: readonly EncodedFrame[],
): EncodedFrame | undefined {
  return currentFrames === 0 ? undefined : encoded[frames.length - currentFrames]
}

/** The target of a turn without an image: the requested size, no mask. */
function plainTarget({ height, width }: GenerateRequest, { downscale }: Manifest['latent']): LatentFrame {
  const [rows, columns] = [height / downscale, width / downscale]
  return { height: rows, width: columns, mask: latentMask(null, rows, columns, downscale) }
}
