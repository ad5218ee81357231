import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { graphTable } from '../../packages/ace/dist/src/folder/graph-table.js'
import { Graph } from '../../packages/ace/dist/src/ort.js'
import { denoiserFlops } from './denoiser-flops.mjs'
import { median } from './median.mjs'
import { ownStepMs } from './own-step-ms.mjs'

const arrays = { float32: Float32Array, int32: Int32Array, int64: BigInt64Array }

/** Numbers of a raw file, little-endian. */
function read(file, Type) {
  const bytes = readFileSync(file)
  return new Type(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
}

/** Largest difference over the standard deviation of what is expected. */
function relativeError(actual, expected) {
  const mean = expected.reduce((sum, value) => sum + value, 0) / expected.length
  const variance = expected.reduce((sum, value) => sum + (value - mean) ** 2, 0) / expected.length
  return actual.reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i])), 0) / Math.sqrt(variance)
}

/**
 * Times denoiser steps of PyTorch and of each graph, taking turns, and a float32 matrix product of PyTorch's beside them.
 *
 * @param {import('./torch-process.mjs').TorchProcess} torch
 * @param {{folder: string, size: {width: number, depth: number, in_channels: number, patch: number},
 *   precisions: string[], history: number[], side: number, batch: number, text: number, runs: number, device: string,
 *   threads: number}} options - folder: what `bench-graphs` wrote; side: tokens along one side of a frame
 * @returns one row a number of history frames: milliseconds are medians; errors are those of one step, over the standard
 *   deviation of the output: of fp32 against PyTorch, of the others against fp32
 */
export async function benchSteps(torch, options) {
  const { folder, size, precisions, history, side, batch, text, runs, device, threads } = options
  const scratch = mkdtempSync(join(tmpdir(), 'atelier-bench-'))
  const graphs = {}
  try {
    for (const name of precisions)
      graphs[name] = await Graph.open(join(folder, `${name}.onnx`), graphTable.denoiser, { device, threads })
    const rows = []
    for (const frames of history.map((count) => count + 1)) {
      const { inputs } = await torch.ask({ do: 'case', frames, side, batch, text, out: scratch })
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([name, { dims, type }]) => [
          name,
          { data: read(join(scratch, name), arrays[type]), dims },
        ]),
      )
      const times = { torch: [], ...Object.fromEntries(precisions.map((name) => [name, []])) }
      const products = []
      const eps = {}
      // Run 0 warms up.
      for (let run = 0; run <= runs; run++) {
        const { ms } = await torch.ask({ do: 'step' })
        times.torch.push(ms)
        for (const name of precisions) {
          const began = performance.now()
          eps[name] = (await graphs[name].run(feeds)).eps.data
          times[name].push(performance.now() - began)
        }
        products.push((await torch.ask({ do: 'gemm' })).flops)
      }
      const file = join(scratch, 'eps')
      await torch.ask({ do: 'eps', out: file })
      const references = { fp32: read(file, Float32Array) }
      rows.push({
        history: frames - 1,
        flops: denoiserFlops(size, { batch, frames, tokens: side * side, text }),
        productFlops: median(products.slice(1)),
        ms: Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values.slice(1))])),
        errors: Object.fromEntries(
          precisions.map((name) => [name, relativeError(eps[name], references[name] ?? eps.fp32)]),
        ),
        ownMs: await ownStepMs({ frames, side, batch, channels: size.in_channels, patch: size.patch }),
      })
    }
    return rows
  } finally {
    for (const graph of Object.values(graphs)) await graph.close()
    rmSync(scratch, { recursive: true, force: true })
  }
}
