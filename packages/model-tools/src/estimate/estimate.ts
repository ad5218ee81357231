import type { GenerateRequest } from '@atelier/ace'
import type { Manifest } from '@atelier/contracts'
import { denoiserFlops } from '../bench/bench-steps.js'
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

/** Kernels that a step of the sampler graph launches; `ml/tests/test_export_cuda_kernels.py` counts them. */
const kernels = ({ depth }: { depth: number }): number => 41 + 31 * depth

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
  step: StepEstimate
  /** Its steps. */
  steps: number
  /** Texts and pictures in, and the picture out. */
  around: number
  total: number
}

/**
 * Computes what a generation should take on a GPU, in float16 by the sampler graph, from counted operations, bytes and
 * kernels. An expectation, not a measurement.
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
  const shape = { batch, frames, tokens: perFrame, text: tokens }
  const all = denoiserFlops(dit, shape)
  const linear = 2 * 14 * batch * dit.depth * frames * perFrame * dit.width ** 2
  const attention = ((all - linear) * assumed.headDim) / (dit.width / dit.heads)
  // Keys and values of the texts, once a run.
  const texts = (4 * batch * dit.depth * frames * tokens * dit.width ** 2) / (cuda?.stepsPerRun ?? 1)
  const compute = (linear + texts) / (gpu.flops * assumed.products) + attention / (gpu.flops * assumed.attention)
  const weights = 2 * dit.depth * 16 * dit.width ** 2
  const memory = (weights + blockBytes * dit.depth * batch * frames * perFrame * dit.width) / gpu.memory
  const launch = kernels(dit) * assumed.node
  const { bytesIn, bytesOut } = await countTraffic(manifest, request, tokens)
  const traffic = (bytesIn + bytesOut) / request.steps
  const bus = traffic / Math.min(gpu.bus, assumed.pageable)
  // Kernels wait for memory or for arithmetic, one after another; the host launches them meanwhile, and copies wait.
  const total = Math.max(compute + memory, launch) + bus
  const parts = { compute, memory, launch: launch > compute + memory ? launch : 0, bus }
  const bound = (Object.keys(parts) as (keyof typeof parts)[]).reduce((most, one) =>
    parts[one] > parts[most] ? one : most,
  )
  const pictures = vaeFlops(request) * (1 + request.frames.length / 2)
  const encoded = 2 * assumed.textWeights * tokens * (request.frames.length + 2)
  const around = (pictures + encoded) / (gpu.flops * assumed.attention)
  return {
    step: { compute, memory, launch, bus, total, bound, traffic },
    steps: request.steps,
    around,
    total: request.steps * total + around,
  }
}
