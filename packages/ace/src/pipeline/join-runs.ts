import type { ModelGraphs } from '../model-folder/model-graphs.js'
import type { NumberArray } from '../ort.js'
import type { Joining } from './step-batch.js'

type SamplerInputs = Parameters<ModelGraphs['sampler']['run']>[0]
type Outputs = Awaited<ReturnType<ModelGraphs['sampler']['run']>>

/** What has a row a generation; texts have one or two, the conditional passes of all first. */
const rows = ['latent', 'predicted', 'patches', 'guidance'] as const
/** What is the same in runs that become one. */
const steps = ['timesteps', 'coefficients'] as const

/**
 * Runs of the sampler graph for several generations. Its norms have the time step inside, one for all rows: generations
 * share a run when they are at the same of as many steps, with the same sampler and threshold, and all with guidance or all
 * without.
 */
export class JoinedRuns<Inputs extends SamplerInputs & { threshold?: NumberArray }> implements Joining<
  Inputs,
  Outputs
> {
  /** Kept while the same generations run together. */
  private last:
    | { parts: readonly Inputs[]; texts: Pick<SamplerInputs, 'text' | 'text_lengths' | 'indicator_embedding'> }
    | undefined

  kind(inputs: Inputs): string {
    const passes = inputs.text.dims[0]!
    return [passes, inputs.threshold?.data[0], ...steps.map((name) => inputs[name].data.join())].join(';')
  }

  join(parts: readonly Inputs[]): Inputs {
    const same =
      this.last?.parts.length === parts.length &&
      parts.every(({ text }, index) => text.data === this.last!.parts[index]!.text.data)
    if (!same) {
      const longest = Math.max(...parts.map(({ text }) => text.dims[2]!))
      const texts = {
        text: byPass(parts.map(({ text }) => padded(text, longest))),
        text_lengths: byPass(parts.map((part) => part.text_lengths)),
        indicator_embedding: byPass(parts.map((part) => part.indicator_embedding)),
      }
      this.last = { parts, texts }
    }
    const own = rows.map((name) => [name, below(parts.map((part) => part[name]))] as const)
    return { ...parts[0]!, ...this.last!.texts, ...Object.fromEntries(own) }
  }

  split({ next_latent, next_predicted }: Outputs, parts: readonly Inputs[]): Outputs[] {
    return parts.map((_, index) => ({
      next_latent: row(next_latent, index),
      next_predicted: row(next_predicted, index),
    }))
  }

  clear(): void {
    this.last = undefined
  }
}

const row = ({ data, dims: [count, ...rest] }: NumberArray<Float32Array>, index: number): NumberArray<Float32Array> => {
  const length = data.length / count!
  return { data: data.subarray(index * length, (index + 1) * length), dims: [1, ...rest] }
}

/** An array of another length and the same numbers' type. */
const like = (data: NumberArray['data'], length: number): Float32Array =>
  new (data.constructor as Float32ArrayConstructor)(length)

/** Arrays one below the other. */
function below(parts: readonly NumberArray[]): NumberArray {
  const [first] = parts as [NumberArray]
  const data = like(
    first.data,
    parts.reduce((sum, part) => sum + part.data.length, 0),
  )
  let at = 0
  for (const part of parts) {
    data.set(part.data as Float32Array, at)
    at += part.data.length
  }
  return { data, dims: [parts.reduce((sum, { dims }) => sum + dims[0]!, 0), ...first.dims.slice(1)] }
}

/** Arrays `[passes, …]` one below the other, the first pass of all before the second. */
function byPass(parts: readonly NumberArray[]): NumberArray {
  const passes = parts[0]!.dims[0]!
  const pass = ({ data, dims }: NumberArray, index: number): NumberArray => {
    const length = data.length / passes
    return { data: data.subarray(index * length, (index + 1) * length), dims: [1, ...dims.slice(1)] }
  }
  return below(Array.from({ length: passes }, (_, index) => parts.map((part) => pass(part, index))).flat())
}

/** Texts `[passes, F, L, D]` with zeros up to a length. */
function padded({ data, dims }: NumberArray, longest: number): NumberArray {
  const [passes, frames, length, width] = dims as [number, number, number, number]
  const out = like(data, passes * frames * longest * width)
  for (let text = 0; text < passes * frames; text++) {
    const from = text * length * width
    out.set((data as Float32Array).subarray(from, from + length * width), text * longest * width)
  }
  return { data: out, dims: [passes, frames, longest, width] }
}
