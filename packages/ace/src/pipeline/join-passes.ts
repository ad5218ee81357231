import type { ModelGraphs } from '../model-folder/model-graphs.js'
import type { NumberArray } from '../ort.js'
import type { Joining } from './step-batch.js'

type Inputs = Parameters<ModelGraphs['denoiser']['run']>[0]
type Outputs = Awaited<ReturnType<ModelGraphs['denoiser']['run']>>
type Rows = 'patches' | 'timestep' | 'text_lengths' | 'indicator_embedding'

/**
 * Runs of the denoiser for several generations: the rows of all one below the other, texts padded to the longest. On the
 * CPU in float32 each row comes out as if it ran alone, bit by bit.
 */
export class JoinedPasses implements Joining<Inputs, Outputs> {
  /** Kept while the same generations run together: their texts are many times what changes from step to step. */
  private last: { parts: readonly Inputs[]; joined: Inputs } | undefined

  /** Steps that compute the same frames. */
  kind({ patches, history, keep_from }: Inputs): string {
    return [patches.dims[1], history.dims[2], keep_from.data[0]].join()
  }

  join(parts: readonly Inputs[]): Inputs {
    const { last } = this
    const same = last?.parts.length === parts.length && parts.every((part, index) => part === last.parts[index])
    if (!same) this.last = { parts, joined: joinAll(parts) }
    const { joined } = this.last!
    if (same) for (const name of ['patches', 'timestep'] as const) fill(joined[name].data as Float32Array, name, parts)
    return joined
  }

  split({ eps: { data, dims }, kept }: Outputs, parts: readonly Inputs[]): Outputs[] {
    const length = data.length / dims[0]!
    let row = 0
    return parts.map(({ patches }) => {
      const from = row
      row += patches.dims[0]!
      const own = { data: data.subarray(from * length, row * length), dims: [row - from, ...dims.slice(1)] }
      return { eps: own, kept: rowsOfEach(kept, from, row) }
    })
  }

  clear(): void {
    this.last = undefined
  }
}

function joinAll(parts: readonly Inputs[]): Inputs {
  const floats = (name: Rows): NumberArray => {
    const length = parts.reduce((sum, part) => sum + part[name].data.length, 0)
    const rows = parts.reduce((sum, part) => sum + part[name].dims[0]!, 0)
    const data = name === 'text_lengths' ? new Int32Array(length) : new Float32Array(length)
    fill(data, name, parts)
    return { data, dims: [rows, ...parts[0]![name].dims.slice(1)] }
  }
  return {
    ...parts[0]!,
    patches: floats('patches'),
    timestep: floats('timestep'),
    text_lengths: floats('text_lengths'),
    indicator_embedding: floats('indicator_embedding'),
    keys: joinTexts(parts.map(({ keys }) => keys)),
    values: joinTexts(parts.map(({ values }) => values)),
    history: joinHistories(parts.map(({ history }) => history)),
  }
}

function fill(out: Float32Array | Int32Array, name: Rows, parts: readonly Inputs[]): void {
  let at = 0
  for (const part of parts) {
    const { data } = part[name] as NumberArray<Float32Array>
    out.set(data, at)
    at += data.length
  }
}

/** Texts of all layers, `[depth, B, F, L, D]`, one below the other in each layer; padding is zero. */
function joinTexts(parts: readonly NumberArray[]): NumberArray {
  const [depth, , frames, , width] = parts[0]!.dims as [number, number, number, number, number]
  const rows = parts.reduce((sum, { dims }) => sum + dims[1]!, 0)
  const longest = Math.max(...parts.map(({ dims }) => dims[3]!))
  const data = new Float32Array(depth * rows * frames * longest * width)
  let to = 0
  for (let layer = 0; layer < depth; layer++) {
    for (const { data: texts, dims } of parts) {
      const [count, length] = [dims[1]! * frames, dims[3]! * width]
      for (let text = layer * count; text < (layer + 1) * count; text++, to += longest * width)
        data.set((texts as Float32Array).subarray(text * length, (text + 1) * length), to)
    }
  }
  return { data, dims: [depth, rows, frames, longest, width] }
}

/** What self-attention sees of frames that are not computed, `[2·depth, B, H, D]`, one below the other in each layer. */
function joinHistories(parts: readonly NumberArray[]): NumberArray {
  const asTexts = parts.map(({ data, dims: [layers, rows, ...rest] }) => ({ data, dims: [layers!, rows!, 1, ...rest] }))
  const { data, dims } = joinTexts(asTexts)
  return { data, dims: dims.toSpliced(2, 1) }
}

/** Some rows of each layer in `[layers, B, …]`, copied. */
function rowsOfEach({ data, dims }: NumberArray<Float32Array>, from: number, to: number): NumberArray<Float32Array> {
  const [layers, rows, ...rest] = dims as [number, number, ...number[]]
  const length = data.length / layers / rows
  const picked = new Float32Array(layers * (to - from) * length)
  for (let layer = 0; layer < layers; layer++) {
    const at = layer * rows
    picked.set(data.subarray((at + from) * length, (at + to) * length), layer * (to - from) * length)
  }
  return { data: picked, dims: [layers, to - from, ...rest] }
}
