import { join } from 'node:path'
import type { Manifest, ResidentPart } from '@atelier/contracts'
import type { Device } from '../device.js'
import { Graph, type GraphOptions, type GraphShape, type NumberArray, type RunCost } from '../ort.js'
import { graphTable, type GraphName } from './graph-table.js'

type PartOf<Shape> = Shape extends GraphShape<infer I, infer O> ? ModelPart<I, O> : never

/** The graphs of a model by name. */
export type ModelGraphs = { [Name in GraphName]: PartOf<(typeof graphTable)[Name]> }

/** The graphs that make a latent from texts and frames: step by step, or in runs of several steps. */
export type SamplingGraphs =
  | { [Name in 'conditioner' | 'denoiser']: Pick<ModelGraphs[Name], 'run' | 'release'> }
  | ({ [Name in 'textProjector' | 'sampler']: Pick<ModelGraphs[Name], 'run' | 'release'> } & {
      keptSampler?: Pick<ModelGraphs['keptSampler'], 'run' | 'release'>
    })

/** The graphs that a model uses on a device. */
export type UsedGraphs = Pick<ModelGraphs, 'textEncoder' | 'vaeEncoder' | 'vaeDecoder'> &
  (
    | Pick<ModelGraphs, 'conditioner' | 'denoiser'>
    | (Pick<ModelGraphs, 'textProjector' | 'sampler'> & Partial<Pick<ModelGraphs, 'keptSampler'>>)
  )

/** The graphs of a manifest that a device uses, none of them open yet. */
export function graphsFor(device: Device, folder: string, manifest: Manifest, options: GraphsOptions): UsedGraphs {
  const { graphs, cuda, files } = manifest
  if (device === 'cpu' || !cuda) return modelGraphs(folder, { graphs, files }, options)
  const { textEncoder, vaeEncoder, vaeDecoder } = graphs
  const { textProjector, sampler, keptSampler } = cuda
  const chosen = { textEncoder, textProjector, sampler, vaeEncoder, vaeDecoder }
  if (keptSampler) return modelGraphs(folder, { graphs: { ...chosen, keptSampler }, files }, options)
  return modelGraphs(folder, { graphs: chosen, files }, options)
}

/** A run of a graph that has just ended. */
export interface GraphRun extends RunCost {
  graph: GraphName
}

/** A graph that is being opened, reported twice: before, with `ms` null, and after. */
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
  textProjector: 'denoiser',
  sampler: 'denoiser',
  keptSampler: 'denoiser',
  vaeEncoder: 'vae-encoder',
  vaeDecoder: 'vae-decoder',
}

type AnyGraphs = Partial<Record<string, ModelPart<string, string>>>

/** How graphs run and are kept. */
export interface GraphsOptions extends Omit<GraphOptions, 'onRun'> {
  /** Parts that stay in memory; default: all. */
  resident?: readonly ResidentPart[] | undefined
  onOpening?: ((opening: GraphOpening) => void) | undefined
  onRun?: ((run: GraphRun) => void) | undefined
}

/** Graphs of a folder by name, none of them open yet. */
export function modelGraphs<Names extends GraphName>(
  folder: string,
  { graphs, files }: { graphs: Record<Names, string>; files: Manifest['files'] },
  { resident, onOpening, onRun, ...options }: GraphsOptions,
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
    const graphOptions = { ...options, onRun: onRun && ((cost: RunCost) => onRun({ graph, ...cost })) }
    return [graph, new ModelPart<string, string>(join(folder, file), graphTable[graph], graphOptions, stays, tell)]
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
  options: GraphsOptions,
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

/** A graph of a model folder that is opened when it is first needed and may be released between its uses. */
export class ModelPart<Input extends string, Output extends string> {
  private graph: Promise<Graph<Input, Output>> | undefined
  private leases = 0

  /**
   * @param file - path of the graph
   * @param resident - whether it stays in memory once it is open
   * @param onOpening - called before it is opened with null, and after it with the milliseconds that it took
   */
  constructor(
    private readonly file: string,
    private readonly shape: GraphShape<Input, Output>,
    private readonly options: GraphOptions,
    readonly resident = true,
    private readonly onOpening: (ms: number | null) => void = () => {},
  ) {}

  /** True while its weights are in memory. */
  get open(): boolean {
    return this.graph !== undefined
  }

  /** Opens the graph unless it is open. @throws DeviceUnavailableError, OutOfMemoryError, GraphError */
  async load(): Promise<Graph<Input, Output>> {
    this.graph ??= this.opened()
    try {
      return await this.graph
    } catch (error) {
      this.graph = undefined
      throw error
    }
  }

  /** See {@link Graph.run}; opens the graph first when it is not open. */
  async run(inputs: Record<Input, NumberArray>): Promise<Record<Output, NumberArray<Float32Array>>> {
    return (await this.load()).run(inputs)
  }

  /**
   * The part for one of several generations that run at once: what it has run stays open until it releases it, and its
   * memory is freed when the last one does.
   */
  lease(): Pick<ModelPart<Input, Output>, 'run' | 'release'> {
    let held = false
    return {
      run: (inputs) => {
        if (!held) this.leases++
        held = true
        return this.run(inputs)
      },
      release: async () => {
        if (held) this.leases--
        held = false
        if (this.leases === 0) await this.release()
      },
    }
  }

  /** Frees its memory unless it is resident; the next run opens it again. */
  async release(): Promise<void> {
    if (!this.resident) await this.close()
  }

  /** Frees its memory; not during a run. */
  async close(): Promise<void> {
    const graph = this.graph
    this.graph = undefined
    await (await graph)?.close()
  }

  private async opened(): Promise<Graph<Input, Output>> {
    this.onOpening(null)
    const began = performance.now()
    const graph = await Graph.open(this.file, this.shape, this.options)
    this.onOpening(performance.now() - began)
    return graph
  }
}
