import type { ModelGraphs } from '../folder/model-graphs.js'
import type { NumberArray } from '../ort.js'
import type { Conditioning } from '../sequence/conditioning.js'
import type { Sequence } from '../sequence/sequence.js'

/** The denoiser with one generation's frames and texts: latent and time step in, eps out. Its buffers are reused. */
export class NoisePredictor {
  private readonly inputs: Parameters<ModelGraphs['denoiser']['run']>[0]
  private readonly timestep: Float32Array
  private readonly eps: Float32Array[] = []

  constructor(
    private readonly denoiser: ModelGraphs['denoiser'],
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
   * The noise in `latent [channels, height, width]` as each row of the batch sees it, in the same shape.
   *
   * @param timestep - as the network is told it
   * @returns one array a row, overwritten by the next call
   */
  async predict(latent: Float32Array, timestep: number): Promise<readonly Float32Array[]> {
    this.sequence.writeTarget(latent)
    this.timestep.fill(timestep)
    const { eps } = await this.denoiser.run(this.inputs)
    for (let row = 0; row < this.sequence.batch; row++) {
      this.eps[row] ??= new Float32Array(latent.length)
      this.sequence.readTarget(eps.data, row, this.eps[row]!)
    }
    return this.eps
  }
}
