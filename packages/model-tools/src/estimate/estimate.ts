import type { GenerateRequest } from '@atelier/ace'
import type { Manifest } from '@atelier/contracts'
import { countTraffic } from './count-traffic.js'
import type { Gpu } from './gpus.js'
import { vaeFlops } from './vae-flops.js'

/**
 * What is assumed beside the published rates. Nobody has measured them for this product: the first run of `check:cuda` on
 * a GPU tells which is wrong.
 */
const assumed = {
  /** Share of the published rate that large products reach. */
  products: 0.7,
  /** Share that fused attention reaches. */
  attention: 0.5,
  /** Bytes a second from memory that is not pinned, whatever the bus: onnxruntime-node's tensors are not. */
  pageable: 8e9,
  /** Seconds that ONNX Runtime needs on the host for a node. */
  node: 4e-6,
  /** ORT's flash attention computes heads of 72 and of 80 as if they had 96 dimensions. */
  headDim: 96,
  /** Weights of the T5 v1.1 XXL encoder. */
  textWeights: 4.7e9,
}

/**
 * Kernels that are launched, as the tests of `ml` count them: by the preparation of a run, of the sampler graph and of one
 * that keeps what an earlier step knows of the history; and by a step of all frames, of the target, of its first block alone.
 */
const kernels = (depth: number) => ({
  prepared: 57 + 7 * depth,
  preparedToKeep: 75 + 12 * depth,
  whole: 41 + 31 * depth,
  target: 58 + 31 * depth,
  taken: 86,
})

/**
 * Small copies to the device that a block launches beside its kernels where it joins keys, and values, of the target to those
 * that are kept: ONNX Runtime's Concat copies four tables when the two have different lengths.
 */
const concatCopies = 8

/**
 * Bytes that the kernels of a block move for each number of the residual stream, when each reads its inputs from memory and
 * writes its outputs there: 84 for self-attention, 60 for cross-attention, 68 for feed-forward.
 */
const blockBytes = 212

/** Expected seconds of a step, by what they would be spent on. */
export interface StepEstimate {
  /** Of operations: what can be done at once with none of the others. */
  compute: number
  /** Of the weights and activations. Less where they stay in the cache: counted as if none did. */
  memory: number
  /** Of ONNX Runtime on the host, beside the GPU. */
  launch: number
  /** Of tensors to and from the device, everything of the generation divided among its steps. */
  bus: number
  /** Of the step. */
  total: number
  bound: 'compute' | 'memory' | 'launch' | 'bus'
  /** Bytes to and from the device. */
  traffic: number
}

/** Expected seconds of a generation. */
export interface GenerationEstimate {
  /** The mean step: its parts, of which only those that it waits for are in its total. */
  step: StepEstimate
  /** Its steps. */
  steps: number
  /** Of these, those that compute the target alone, and with step caching the first block of it. */
  targetSteps: number
  /** Texts and pictures in, and the picture out. */
  around: number
  total: number
}

/**
 * Computes what a generation should take on a GPU, in float16 by the sampler graph, from counted operations, bytes and
 * kernels; a step is the mean of all, with its share of what a run prepares, and with `historyRefresh` some of them compute the
 * target alone.
 * With `stepCache` it is the least that a step can take: the others compute one block. An expectation, not a measurement.
 *
 * @param manifest - of the model; with `cuda`
 * @param tokens - of each text
 */
export async function estimateGeneration(
  manifest: Manifest,
  request: GenerateRequest,
  tokens: number,
  gpu: Gpu,
): Promise<GenerationEstimate> {
  const { dit, latent, cuda } = manifest
  const batch = request.guidanceScale === 1 ? 1 : 2
  const frames = request.frames.length + 1
  const perFrame = (request.width * request.height) / (latent.downscale * dit.patch) ** 2
  const refresh = frames > 1 || request.stepCache ? (request.historyRefresh ?? 1) : 1
  const all = frames * perFrame
  // The last step is in a run of its own, and so may be the one before it: both compute all frames.
  const runs =
    refresh > 1 ? Math.ceil((request.steps - 1) / refresh) + 1 : Math.ceil(request.steps / (cuda?.stepsPerRun ?? 1))
  const targetSteps = refresh > 1 ? request.steps - runs : 0
  const launched = kernels(dit.depth)
  const each = batch * dit.width
  // kept: tokens whose keys and values come from an earlier step; null in a step of all frames, which joins nothing.
  const stepOf = (computed: number, blocks: number, nodes: number, kept: number | null) => {
    const linear = 2 * 14 * each * blocks * computed * dit.width
    const attention = (4 * each * blocks * computed * (all + tokens) * assumed.headDim) / (dit.width / dit.heads)
    const weights = 2 * 14 * blocks * dit.width ** 2
    // What is kept is read, written behind the target's, and read by the attention: keys and values in float16.
    const bytes = weights + each * blocks * (blockBytes * computed + 12 * (kept ?? 0))
    const copies = kept === null || kept === computed ? 0 : concatCopies * blocks
    return {
      compute: linear / (gpu.flops * assumed.products) + attention / (gpu.flops * assumed.attention),
      memory: bytes / gpu.memory,
      launch: (nodes + copies) * assumed.node,
    }
  }
  // Keys and values of the texts.
  const preparation = {
    compute: (4 * each * dit.depth * frames * tokens * dit.width) / (gpu.flops * assumed.products),
    memory: (2 * 2 * dit.depth * dit.width ** 2) / gpu.memory,
    launch: assumed.node * launched.prepared,
  }
  const toKeep = { ...preparation, launch: assumed.node * launched.preparedToKeep }
  const whole = stepOf(all, dit.depth, launched.whole, null)
  const target = request.stepCache
    ? stepOf(perFrame, 1, launched.taken, all - perFrame)
    : stepOf(perFrame, dit.depth, launched.target, all - perFrame)
  // A run of one step is the sampler's.
  const single = refresh > 1 ? 1 + Number((request.steps - 1) % refresh === 1) : runs
  const kinds = [
    { times: single, ...preparation },
    { times: runs - single, ...toKeep },
    { times: request.steps - targetSteps, ...whole },
    { times: targetSteps, ...target },
  ]
  const { bytesIn, bytesOut } = await countTraffic(manifest, request, tokens)
  const traffic = (bytesIn + bytesOut) / request.steps
  const bus = traffic / Math.min(gpu.bus, assumed.pageable)
  const mean = (of: (kind: (typeof kinds)[0]) => number): number =>
    kinds.reduce((sum, kind) => sum + kind.times * of(kind), 0) / request.steps
  // Kernels wait for memory or for arithmetic, one after another; the host launches them meanwhile, and copies wait. Each
  // kind by itself: where a step is waited for, at an If for one, no other makes up for it.
  const waits = ({ compute, memory, launch }: (typeof kinds)[0]) => launch > compute + memory
  const parts = {
    compute: mean((kind) => (waits(kind) ? 0 : kind.compute)),
    memory: mean((kind) => (waits(kind) ? 0 : kind.memory)),
    launch: mean((kind) => (waits(kind) ? kind.launch : 0)),
    bus,
  }
  const total = Object.values(parts).reduce((sum, part) => sum + part, 0)
  const bound = (Object.keys(parts) as (keyof typeof parts)[]).reduce((most, one) =>
    parts[one] > parts[most] ? one : most,
  )
  const [compute, memory, launch] = (['compute', 'memory', 'launch'] as const).map((part) => mean((kind) => kind[part]))
  const pictures = vaeFlops(request) * (1 + request.frames.length / 2)
  const encoded = 2 * assumed.textWeights * tokens * (request.frames.length + 2)
  const around = (pictures + encoded) / (gpu.flops * assumed.attention)
  return {
    step: { compute: compute!, memory: memory!, launch: launch!, bus, total, bound, traffic },
    steps: request.steps,
    targetSteps,
    around,
    total: request.steps * total + around,
  }
}
