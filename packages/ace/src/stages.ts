// `@atelier/ace/stages`: the parts of the pipeline, for tools that measure or compare them one at a time. A program that
// makes pictures needs `@atelier/ace` alone.
export { createEncodingCache, defaultCacheBytes } from './encoding-cache.js'
export { graphTable } from './model-folder/graph-table.js'
export { closeGraphs, openGraphs, type ModelGraphs, type SamplingGraphs } from './model-folder/model-graphs.js'
export { readModelParts } from './open-model.js'
export { bytesOfTensors, firstRow, Graph, type NumberArray } from './ort.js'
export { denoise, type SamplingPlan } from './pipeline/denoise.js'
export { encodeConditions } from './pipeline/encode-conditions.js'
export { generate, type ModelParts } from './pipeline/generate.js'
export { NoisePredictor } from './pipeline/noise-predictor.js'
export { SamplerRuns } from './pipeline/sampler-runs.js'
export { deviation } from './scheduler/guide.js'
export { linearSchedule, type NoiseSchedule } from './scheduler/noise-schedule.js'
export { trailingSteps, type SamplingSteps } from './scheduler/sampling-steps.js'
export { coefficientsPerStep } from './scheduler/step-coefficients.js'
export {
  frameTexts,
  indicatorRows,
  pickRows,
  prepareConditioning,
  projectTexts,
  type Conditioning,
} from './sequence/conditioning.js'
export { readPlanes } from './sequence/patches.js'
export { Sequence, type LatentFrame } from './sequence/sequence.js'
export type { TextSegment } from './text/encode-texts.js'
