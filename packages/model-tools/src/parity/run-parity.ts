import { closeGraphs, openGraphs } from '@atelier/ace/stages'
import { compare, type Comparison } from './compare.js'
import { formatTable } from './format-table.js'
import { readGoldenDit } from './golden-dit.js'

/** The outcome of a parity run. */
export interface ParityReport {
  /** For people: all engines side by side. */
  table: string
  /** Whether every comparison, the other engines' too, is within its tolerance. */
  passed: boolean
}

/** Files of the graphs that `export_dit` writes. */
export const goldenGraphs = {
  conditioner: 'conditioner.onnx',
  denoiser: 'denoiser.onnx',
  textProjector: 'text_projector.onnx',
  sampler: 'sampler.onnx',
}

/**
 * Compares the TypeScript pipeline with a golden DiT file.
 *
 * @param file - the golden file
 * @param folder - `conditioner.onnx` and `denoiser.onnx` of its weights, `text_projector.onnx` and `sampler.onnx`
 * @param others - what other engines found, to be shown in the same table
 */
export async function runParity(
  file: string,
  folder: string,
  others: readonly Comparison[] = [],
): Promise<ParityReport> {
  const golden = await readGoldenDit(file)
  const graphs = await openGraphs(folder, goldenGraphs, { device: 'cpu' })
  const { conditioner, denoiser, textProjector, sampler } = graphs
  try {
    const comparisons = [
      ...(await compare(golden, { conditioner, denoiser })),
      ...(await compare(golden, { textProjector, sampler })),
    ]
    const all = [...others, ...comparisons]
    return { table: formatTable(all), passed: comparisons.length > 0 && all.every((one) => one.passed) }
  } finally {
    await closeGraphs(graphs)
  }
}
