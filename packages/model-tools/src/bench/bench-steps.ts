import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Device } from '@atelier/ace'
import { Graph, graphTable, type ModelGraphs } from '@atelier/ace/stages'
import { median } from '../median.js'
import { relativeError } from '../relative-error.js'
import { ownStepMs } from './own-step-ms.js'
import type { NumberType, TorchProcess } from './torch-process.js'

/** How a denoiser's graph stores and computes. */
export type Precision = 'fp32' | 'int8' | 'fp16' | 'mixed'

/** Sizes of a network, as `bench-graphs` writes them. */
export interface NetworkSize {
  width: number
  depth: number
  in_channels: number
  patch: number
}

/** What is timed. */
export interface StepsOptions {
  /** What `bench-graphs` wrote. */
  folder: string
  size: NetworkSize
  precisions: readonly Precision[]
  /** Numbers of history frames. */
  history: readonly number[]
  /** Tokens along one side of a frame. */
  side: number
  batch: number
  /** Tokens of a text. */
  text: number
  runs: number
  device: Device
  threads: number
}

/** Times, in milliseconds, and errors of a step with one number of history frames. Times are medians. */
export interface StepTimes {
  history: number
  /** Floating-point operations of the step. */
  flops: number
  /** PyTorch's rate in a matrix product, operations a second. */
  productFlops: number
  ms: Record<'torch' | Precision, number>
  /** Over the standard deviation of the output: of fp32 against PyTorch, of the others against fp32. */
  errors: Record<Precision, number>
  /** See {@link ownStepMs}. */
  ownMs: number
}

type DenoiserInputs = Parameters<ModelGraphs['denoiser']['run']>[0]

/**
 * Times denoiser steps of PyTorch and of each graph, taking turns, and a float32 matrix product of PyTorch's beside
 * them. All are run once before, to warm up.
 */
export async function benchSteps(torch: TorchProcess, options: StepsOptions): Promise<StepTimes[]> {
  const { folder, size, precisions, history, side, batch, text, runs, device, threads } = options
  const scratch = mkdtempSync(join(tmpdir(), 'atelier-bench-'))
  const graphs: [Precision, Awaited<ReturnType<typeof openDenoiser>>][] = []
  try {
    for (const name of precisions)
      graphs.push([name, await openDenoiser(join(folder, `${name}.onnx`), { device, threads })])
    const rows: StepTimes[] = []
    for (const frames of history.map((count) => count + 1)) {
      const { inputs } = await torch.ask('case', { frames, side, batch, text, out: scratch })
      const feeds = Object.fromEntries<DenoiserInputs['patches']>(
        Object.entries(inputs).map(([name, { dims, type }]) => [name, { data: read(join(scratch, name), type), dims }]),
      ) as DenoiserInputs
      const times: Record<string, number[]> = {}
      const products: number[] = []
      const eps: Partial<Record<Precision, Float32Array>> = {}
      for (let run = 0; run <= runs; run++) {
        const { ms } = await torch.ask('step', {})
        ;(times['torch'] ??= []).push(ms)
        for (const [name, graph] of graphs) {
          const began = performance.now()
          eps[name] = (await graph.run(feeds)).eps.data
          ;(times[name] ??= []).push(performance.now() - began)
        }
        products.push((await torch.ask('gemm', {})).flops)
      }
      const file = join(scratch, 'eps')
      await torch.ask('eps', { out: file })
      const expected = (name: Precision): Float32Array => (name === 'fp32' ? read(file, 'float32') : eps.fp32!)
      rows.push({
        history: frames - 1,
        flops: denoiserFlops(size, { batch, frames, tokens: side * side, text }),
        productFlops: median(products.slice(1)),
        ms: Object.fromEntries(
          Object.entries(times).map(([name, values]) => [name, median(values.slice(1))]),
        ) as StepTimes['ms'],
        errors: Object.fromEntries(
          precisions.map((name) => [name, relativeError(eps[name], expected(name))]),
        ) as StepTimes['errors'],
        ownMs: await ownStepMs({ frames, side, batch, channels: size.in_channels, patch: size.patch }),
      })
    }
    return rows
  } finally {
    for (const [, graph] of graphs) await graph.close()
    rmSync(scratch, { recursive: true, force: true })
  }
}

const openDenoiser = (file: string, options: { device: Device; threads: number }) =>
  Graph.open(file, graphTable.denoiser, options)

const arrays = { float32: Float32Array, int32: Int32Array, int64: BigInt64Array }

/** Numbers of a raw file, little-endian. */
function read<Type extends NumberType>(file: string, type: Type): InstanceType<(typeof arrays)[Type]> {
  return new arrays[type](new Uint8Array(readFileSync(file)).buffer) as InstanceType<(typeof arrays)[Type]>
}

/**
 * Floating-point operations of one denoiser step: two for each multiplication and addition of a linear layer or of
 * attention; norms, activations, embeddings and the last layer are left out (under 1 % from width 1152 on).
 *
 * @param size - of the network, whose feed-forward layers are four widths wide
 * @param input - `tokens` of a frame, `text` tokens of a text
 */
export function denoiserFlops(
  { width, depth }: Pick<NetworkSize, 'width' | 'depth'>,
  { batch, frames, tokens, text }: { batch: number; frames: number; tokens: number; text: number },
): number {
  const all = frames * tokens
  // Self-attention: q, k, v, o; cross-attention: q, o (its keys and values are made once a generation); feed-forward: 4 + 4.
  const linear = 2 * all * width * width * (4 + 2 + 8)
  // Scores and their product with the values: every token with every token, and with the text of its own frame.
  const attention = 4 * all * all * width + 4 * all * text * width
  return batch * depth * (linear + attention)
}
