import { Graph, type GraphOptions, type GraphShape, type NumberArray } from '../ort.js'

/** A graph of a model folder that is opened when it is first needed, and may be released between its uses. */
export class ModelPart<Input extends string, Output extends string> {
  private graph: Graph<Input, Output> | undefined

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
    if (this.graph) return this.graph
    this.onOpening(null)
    const began = performance.now()
    this.graph = await Graph.open(this.file, this.shape, this.options)
    this.onOpening(performance.now() - began)
    return this.graph
  }

  /** See {@link Graph.run}; opens the graph first when it is not open. */
  async run(inputs: Record<Input, NumberArray>): Promise<Record<Output, NumberArray<Float32Array>>> {
    return (await this.load()).run(inputs)
  }

  /** Its work for now is done: frees its memory unless it is resident. */
  async rest(): Promise<void> {
    if (!this.resident) await this.close()
  }

  /** Frees its memory; not during a run. */
  async close(): Promise<void> {
    const graph = this.graph
    this.graph = undefined
    await graph?.close()
  }
}
