import type { ModelGraphs } from '../model-folder/model-graphs.js'
import { firstRow, type NumberArray } from '../ort.js'
import type { Conditioning } from '../sequence/conditioning.js'
import type { Sequence } from '../sequence/sequence.js'

/** The denoiser with one generation's frames and texts: latent and time step in, prediction out. Its buffers are reused. */
export class NoisePredictor {
  private readonly inputs: Parameters<ModelGraphs['denoiser']['run']>[0]
  private readonly timestep: Float32Array
  private readonly eps: Float32Array[] = []
  private conditionalInputs: typeof this.inputs | undefined

  constructor(
    private readonly denoiser: Pick<ModelGraphs['denoiser'], 'run'>,
    private readonly sequence: Sequence,
    conditioning: Conditioning,
  ) {
    const { batch, layout, patches, patchWidth } = sequence
    const frames = layout.frameSlots.length / layout.slotsPerFrame
    this.timestep = new Float32Array(batch)
    this.inputs = {
      patches: { data: patches, dims: [batch, layout.tokens, patchWidth] },
      positions: { data: layout.positions, dims: [layout.tokens, 3] },
      timestep: { data: this.timestep, dims: [batch] },
      keys: conditioning.keys,
      values: conditioning.values,
      text_lengths: conditioning.textLengths,
      indicator_embedding: conditioning.indicatorEmbedding,
      frame_slots: { data: layout.frameSlots, dims: [frames, layout.slotsPerFrame] },
      token_slot: { data: layout.tokenSlot, dims: [layout.tokens] },
      target_tokens: { data: BigInt64Array.of(BigInt(layout.targetTokens)), dims: [1] },
    } satisfies Record<string, NumberArray>
  }

  /**
   * What the model predicts of `latent [channels, height, width]` in each row of the batch, in the same shape: noise, or
   * velocity where the manifest says so.
   *
   * @param timestep - as the network is told it
   * @param guided - false: the first row, the conditional pass, alone
   * @returns one array a row, overwritten by the next call
   */
  async predict(latent: Float32Array, timestep: number, guided = true): Promise<readonly Float32Array[]> {
    this.sequence.writeTarget(latent)
    this.timestep.fill(timestep)
    const rows = guided ? this.sequence.batch : 1
    const { eps } = await this.denoiser.run(rows === this.sequence.batch ? this.inputs : this.conditional())
    for (let row = 0; row < rows; row++) {
      this.eps[row] ??= new Float32Array(latent.length)
      this.sequence.readTarget(eps.data, row, this.eps[row]!)
    }
    return this.eps.slice(0, rows)
  }

  /** The inputs with the first row of the batch alone: the same memory, but for the keys and values of the layers. */
  private conditional(): typeof this.inputs {
    const { keys, values, timestep, patches, text_lengths, indicator_embedding } = this.inputs
    this.conditionalInputs ??= {
      ...this.inputs,
      patches: firstRow(patches),
      timestep: firstRow(timestep),
      text_lengths: firstRow(text_lengths),
      indicator_embedding: firstRow(indicator_embedding),
      keys: firstRowOfEach(keys),
      values: firstRowOfEach(values),
    }
    return this.conditionalInputs
  }
}

/** The first row of each layer's `[B, …]` in `[depth, B, …]`, copied together. */
function firstRowOfEach({ data, dims: [depth, rows, ...rest] }: NumberArray): NumberArray {
  const [layer, length] = [data.length / depth!, data.length / depth! / rows!]
  const picked = new Float32Array(depth! * length)
  for (let i = 0; i < depth!; i++)
    picked.set((data as Float32Array).subarray(i * layer, i * layer + length), i * length)
  return { data: picked, dims: [depth!, 1, ...rest] }
}
