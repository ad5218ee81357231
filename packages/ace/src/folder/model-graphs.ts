import { join } from 'node:path'
import type { Manifest, ResidentPart } from '@atelier/contracts'
import type { GraphOptions, GraphShape } from '../ort.js'
import { graphTable, type GraphName } from './graph-table.js'
import { ModelPart } from './model-part.js'

type PartOf<Shape> = Shape extends GraphShape<infer I, infer O> ? ModelPart<I, O> : never

/** The graphs of a model by name. */
export type ModelGraphs = { [Name in GraphName]: PartOf<(typeof graphTable)[Name]> }

/** What is told of a graph that is being opened: once before, with `ms` null, and once after. */
export interface GraphOpening {
  graph: GraphName
  /** Of its files, by the manifest. */
  bytes: number
  /** How long it took; null before. */
  ms: number | null
  /** How much of the bytes of all graphs that stay in memory is open now, 0 … 1. */
  share: number
}

/** Which setting keeps a graph in memory. */
const partOf: Record<GraphName, ResidentPart> = {
  textEncoder: 'text-encoder',
  conditioner: 'denoiser',
  denoiser: 'denoiser',
  vaeEncoder: 'vae-encoder',
  vaeDecoder: 'vae-decoder',
}

type AnyGraphs = Partial<Record<string, ModelPart<string, string>>>

/** How graphs are kept; by default all stay in memory and nobody is told. */
export interface GraphsOptions extends GraphOptions {
  resident?: readonly ResidentPart[] | undefined
  onOpening?: ((opening: GraphOpening) => void) | undefined
}

/** Graphs of a folder by name, none of them open yet. */
export function modelGraphs<Names extends GraphName>(
  folder: string,
  { graphs, files }: { graphs: Record<Names, string>; files: Manifest['files'] },
  { resident, onOpening, ...options }: GraphsOptions,
): Pick<ModelGraphs, Names> {
  const stay = (graph: Names): boolean => resident?.includes(partOf[graph]) ?? true
  const entries = Object.entries<string>(graphs) as [Names, string][]
  const bytesThatStay = entries.reduce((sum, [graph, file]) => sum + (stay(graph) ? bytesOf(file, files) : 0), 0)
  const open = new Map<Names, number>()
  const parts = entries.map(([graph, file]) => {
    const bytes = bytesOf(file, files)
    const stays = stay(graph)
    const tell = (ms: number | null): void => {
      if (stays && ms !== null) open.set(graph, bytes)
      const done = [...open.values()].reduce((sum, size) => sum + size, 0)
      onOpening?.({ graph, bytes, ms, share: bytesThatStay ? done / bytesThatStay : Number(ms !== null) })
    }
    return [graph, new ModelPart<string, string>(join(folder, file), graphTable[graph], options, stays, tell)]
  })
  return Object.fromEntries(parts) as Pick<ModelGraphs, Names>
}

/**
 * Opens graphs of a folder to stay; closes those already open when one fails.
 *
 * @param graphs - file of each graph wanted
 * @throws DeviceUnavailableError, OutOfMemoryError, GraphError
 */
export async function openGraphs<Names extends GraphName>(
  folder: string,
  graphs: Record<Names, string>,
  options: GraphOptions,
): Promise<Pick<ModelGraphs, Names>> {
  const made = modelGraphs(folder, { graphs, files: [] }, options)
  await loadOrClose(made, Object.values(made))
  return made
}

/**
 * Opens some of a model's graphs, one after another; closes all when one fails.
 *
 * @throws DeviceUnavailableError, OutOfMemoryError, GraphError
 */
export async function loadOrClose(all: AnyGraphs, wanted: Iterable<ModelPart<string, string>>): Promise<void> {
  try {
    for (const graph of wanted) await graph.load()
  } catch (error) {
    await closeGraphs(all)
    throw error
  }
}

/** Closes graphs. */
export async function closeGraphs(graphs: AnyGraphs): Promise<void> {
  for (const graph of Object.values(graphs)) await graph?.close()
}

/** Bytes of a graph with its external data, whose files begin with the graph's name. */
export const bytesOf = (graph: string, files: Manifest['files']): number => {
  const stem = graph.replace(/\.onnx$/, '')
  return files
    .filter(({ path }) => path === graph || path.startsWith(`${stem}.`))
    .reduce((sum, { bytes }) => sum + bytes, 0)
}
