import { keepOnnxRuntimeQuiet } from '@atelier/service'
import type Ort from 'onnxruntime-node'
import { cudaLoadProblem, cudaNotInstalled } from './cuda-provider.js'
import type { Device } from './device.js'
import { DeviceUnavailableError, GraphError, looksOutOfMemory, OutOfMemoryError } from './errors.js'

keepOnnxRuntimeQuiet()
// not a static import, which would come first
const { default: ort } = await import('onnxruntime-node')

/** Numbers with their shape, row-major; float16 as `Uint16Array`. Inputs are read in place: no copy on the CPU. */
export interface NumberArray<Data = Float32Array | Uint16Array | Int32Array | BigInt64Array> {
  data: Data
  dims: readonly number[]
}

/** The first row of `[B, …]`, a view. */
export function firstRow({ data, dims: [rows, ...rest] }: NumberArray): NumberArray {
  return { data: data.subarray(0, data.length / rows!), dims: [1, ...rest] }
}

/** Names of a graph's inputs and outputs. */
export interface GraphShape<Input extends string = string, Output extends string = string> {
  inputs: readonly Input[]
  outputs: readonly Output[]
}

/** How graphs run. */
export interface GraphOptions {
  device: Device
  /** Threads inside one operator; undefined: all cores. */
  threads?: number | undefined
  /**
   * How the name of a file begins, path included, in which ONNX Runtime writes what each node took and where it ran, once the
   * graph is closed; undefined: nothing is written.
   */
  profile?: string | undefined
  /** Called after each run of the graph, whether or not it succeeded. */
  onRun?: ((cost: RunCost) => void) | undefined
}

/** What a run of a graph cost. */
export interface RunCost {
  /** Milliseconds inside ONNX Runtime. */
  ms: number
  /** Bytes of the tensors given to it and taken from it: all of them are in host memory. */
  bytesIn: number
  bytesOut: number
}

/** Bytes of tensors. */
export const bytesOfTensors = (tensors: Record<string, Pick<NumberArray, 'data'>>): number =>
  Object.values(tensors).reduce((sum, { data }) => sum + data.byteLength, 0)

/** An opened ONNX graph. This file is the only one that knows ONNX Runtime. */
export class Graph<Input extends string, Output extends string> {
  private constructor(
    private readonly file: string,
    private readonly session: Ort.InferenceSession,
    private readonly options: GraphOptions,
  ) {}

  /**
   * Opens a graph and checks that its inputs and outputs are those of the shape.
   *
   * @throws DeviceUnavailableError, OutOfMemoryError, GraphError
   */
  static async open<I extends string, O extends string>(
    file: string,
    shape: GraphShape<I, O>,
    options: GraphOptions,
  ): Promise<Graph<I, O>> {
    const absent = options.device === 'cuda' && cudaNotInstalled()
    if (absent) throw new DeviceUnavailableError('cuda', absent)
    const session = await createSession(file, options)
    try {
      expectNames(file, 'inputs', session.inputNames, shape.inputs)
      expectNames(file, 'outputs', session.outputNames, shape.outputs)
    } catch (error) {
      await session.release()
      throw error
    }
    return new Graph<I, O>(file, session, options)
  }

  /**
   * Runs the graph. Blocks the JavaScript thread until it is done. A float16 output comes as `Uint16Array`, to be handed
   * on to another graph.
   *
   * @throws OutOfMemoryError, GraphError
   */
  async run(inputs: Record<Input, NumberArray>): Promise<Record<Output, NumberArray<Float32Array>>> {
    let outputs: Record<string, NumberArray> = {}
    const feeds: Record<string, Ort.Tensor> = {}
    for (const [name, { data, dims }] of Object.entries<NumberArray>(inputs)) feeds[name] = tensor(data, dims)
    const began = performance.now()
    try {
      const results = await this.session.run(feeds)
      outputs = Object.fromEntries(
        Object.entries(results).map(([name, value]) => [name, { data: numbersOf(value), dims: value.dims }]),
      )
    } catch (error) {
      const message = messageOf(error)
      if (looksOutOfMemory(message)) throw new OutOfMemoryError(this.file, { cause: error })
      throw new GraphError(this.file, `the run failed: ${message}`, { cause: error })
    } finally {
      const ms = performance.now() - began
      this.options.onRun?.({ ms, bytesIn: bytesOfTensors(inputs), bytesOut: bytesOfTensors(outputs) })
    }
    return outputs as Record<Output, NumberArray<Float32Array>>
  }

  /** Frees its memory. */
  async close(): Promise<void> {
    if (this.options.profile) this.session.endProfiling()
    await this.session.release()
  }
}

async function createSession(file: string, { device, threads, profile }: GraphOptions): Promise<Ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(file, {
      executionProviders: [device],
      graphOptimizationLevel: 'all',
      // 4 = fatal: its errors come as exceptions anyway, its warnings are about the placement of operators.
      logSeverityLevel: 4,
      ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
      ...(profile && { enableProfiling: true, profileFilePrefix: profile }),
      // Threads that spin while they wait take cores from the other graphs' threads, and from everything else that runs here.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    })
  } catch (error) {
    const message = messageOf(error)
    if (looksOutOfMemory(message)) throw new OutOfMemoryError(file, { cause: error })
    if (device === 'cuda' && /librar|cuda|cudnn/i.test(message))
      throw new DeviceUnavailableError('cuda', cudaLoadProblem() ?? message, { cause: error })
    throw new GraphError(file, `ONNX Runtime cannot open it: ${message}`, { cause: error })
  }
}

function tensor(data: NumberArray['data'], dims: readonly number[]): Ort.Tensor {
  if (data instanceof Float32Array) return new ort.Tensor('float32', data, dims)
  if (data instanceof Uint16Array) return new ort.Tensor('float16', data, dims)
  if (data instanceof Int32Array) return new ort.Tensor('int32', data, dims)
  return new ort.Tensor('int64', data, dims)
}

/** A Node.js that has `Float16Array` may get one from ONNX Runtime. */
function numbersOf({ type, data }: Ort.Tensor): NumberArray['data'] {
  const numbers = data as NumberArray['data']
  return type === 'float16' ? new Uint16Array(numbers.buffer, numbers.byteOffset, numbers.length) : numbers
}

function expectNames(file: string, what: string, actual: readonly string[], expected: readonly string[]): void {
  if (actual.length === expected.length && expected.every((name) => actual.includes(name))) return
  throw new GraphError(file, `its ${what} are ${actual.join(', ')} instead of ${expected.join(', ')}.`)
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
