import type { ModelGraphs } from '../model-folder/model-graphs.js'
import { firstRow, type NumberArray } from '../ort.js'
import type { Conditioning } from '../sequence/conditioning.js'
import { frameLayout, type FrameLayout, type Sequence } from '../sequence/sequence.js'

type Inputs = Parameters<ModelGraphs['denoiser']['run']>[0]

/** The denoiser with one generation's frames and texts: latent and time step in, prediction out. Its buffers are reused. */
export class NoisePredictor {
  private readonly inputs: Inputs
  private readonly timestep: Float32Array
  private readonly eps: Float32Array[] = []
  private conditionalInputs: Inputs | undefined
  private targetInputs: Inputs | undefined
  private history: NumberArray | undefined
  private stepsWithHistory = 0

  /**
   * @param historyRefresh - how many steps share the keys and values that the first of them computes of the condition
   *   frames; the others compute the target alone. The first step without guidance computes its own, and so does the last
   *   step, which decides most of what is seen. 1 = each step its own, exactly as the model does
   */
  constructor(
    private readonly denoiser: Pick<ModelGraphs['denoiser'], 'run'>,
    private readonly sequence: Sequence,
    private readonly conditioning: Conditioning,
    private readonly historyRefresh = 1,
  ) {
    const { batch, layout, patches, patchWidth } = sequence
    this.timestep = new Float32Array(batch)
    this.inputs = {
      patches: { data: patches, dims: [batch, layout.tokens, patchWidth] },
      timestep: { data: this.timestep, dims: [batch] },
      keys: conditioning.keys,
      values: conditioning.values,
      text_lengths: conditioning.textLengths,
      indicator_embedding: conditioning.indicatorEmbedding,
      ...layoutInputs(layout),
      history: this.noHistory(batch),
      keep_from: scalar(this.keeps ? layout.targetTokens : layout.tokens),
    }
  }

  /**
   * What the model predicts of `latent [channels, height, width]` in each row of the batch, in the same shape: noise, or
   * velocity where the manifest says so. To be called once a step.
   *
   * @param timestep - as the network is told it
   * @param guided - false: the first row, the conditional pass, alone
   * @param last - whether it is the last step
   * @returns one array a row, overwritten by the next call
   */
  async predict(latent: Float32Array, timestep: number, guided = true, last = false): Promise<readonly Float32Array[]> {
    this.sequence.writeTarget(latent)
    this.timestep.fill(timestep)
    const rows = guided ? this.sequence.batch : 1
    const eps = await this.run(rows, last)
    for (let row = 0; row < rows; row++) {
      this.eps[row] ??= new Float32Array(latent.length)
      this.sequence.readTarget(eps.data, row, this.eps[row]!)
    }
    return this.eps.slice(0, rows)
  }

  private async run(rows: number, last: boolean): Promise<NumberArray<Float32Array>> {
    const history = last ? undefined : this.historyFor(rows)
    const whole = rows === this.sequence.batch ? this.inputs : this.conditional()
    const { eps, kept } = await this.denoiser.run(history ? this.target(whole, history) : whole)
    if (!history) this.history = this.keeps ? kept : undefined
    this.stepsWithHistory = history ? this.stepsWithHistory + 1 : 1
    return eps
  }

  /** Whether a step that computes all frames keeps what it knows of the condition frames for those after it. */
  private get keeps(): boolean {
    const { tokens, targetTokens } = this.sequence.layout
    return this.historyRefresh > 1 && tokens > targetTokens
  }

  private noHistory(rows: number): NumberArray {
    const [depth, , , , width] = this.conditioning.keys.dims
    return { data: new Float32Array(0), dims: [2 * depth!, rows, 0, width!] }
  }

  /** What an earlier step has kept, if this one may use it: of as many rows, as in the runs of the sampler graph. */
  private historyFor(rows: number): NumberArray | undefined {
    const outdated = this.stepsWithHistory >= this.historyRefresh || this.history?.dims[1] !== rows
    return outdated ? undefined : this.history
  }

  /** The inputs with the first row of the batch alone: the same memory, but for the keys and values of the layers. */
  private conditional(): Inputs {
    const { keys, values, timestep, patches, text_lengths, indicator_embedding } = this.inputs
    this.conditionalInputs ??= {
      ...this.inputs,
      patches: firstRow(patches),
      timestep: firstRow(timestep),
      text_lengths: firstRow(text_lengths),
      indicator_embedding: firstRow(indicator_embedding),
      keys: firstOfEach(keys),
      values: firstOfEach(values),
      history: this.noHistory(1),
    }
    return this.conditionalInputs
  }

  /** Inputs with the target as the only frame; the same object as long as the history is. */
  private target(whole: Inputs, history: NumberArray): Inputs {
    const { layout, patchWidth, target } = this.sequence
    const [rows, length] = [whole.timestep.dims[0]!, layout.targetTokens * patchWidth]
    if (this.targetInputs?.timestep.dims[0] !== rows) {
      const grid = { rows: target.height / target.patch, columns: target.width / target.patch }
      this.targetInputs = {
        patches: { data: new Float32Array(rows * length), dims: [rows, layout.targetTokens, patchWidth] },
        timestep: whole.timestep,
        keys: firstOfEach(whole.keys, 2),
        values: firstOfEach(whole.values, 2),
        text_lengths: firstOfEach(whole.text_lengths),
        indicator_embedding: firstOfEach(whole.indicator_embedding),
        ...layoutInputs(frameLayout([grid])),
        history,
        keep_from: scalar(layout.targetTokens),
      }
    } else if (this.targetInputs.history !== history) this.targetInputs = { ...this.targetInputs, history }
    const patches = this.targetInputs.patches.data as Float32Array
    for (let row = 0; row < rows; row++) patches.set(this.sequence.patches.subarray(0, length), row * length)
    return this.targetInputs
  }
}

const scalar = (value: number): NumberArray => ({ data: BigInt64Array.of(BigInt(value)), dims: [1] })

function layoutInputs({ tokens, slotsPerFrame, targetTokens, positions, frameSlots, tokenSlot }: FrameLayout) {
  return {
    positions: { data: positions, dims: [tokens, 3] },
    frame_slots: { data: frameSlots, dims: [frameSlots.length / slotsPerFrame, slotsPerFrame] },
    token_slot: { data: tokenSlot, dims: [tokens] },
    target_tokens: scalar(targetTokens),
  } satisfies Record<string, NumberArray>
}

/** The first entry along `axis`, copied: of `[depth, B, …]` the first row of each layer, with axis 2 the first frame. */
function firstOfEach({ data, dims }: NumberArray, axis = 1): NumberArray {
  const numbers = data as Float32Array
  const groups = dims.slice(0, axis).reduce((product, size) => product * size, 1)
  const [group, length] = [data.length / groups, data.length / groups / dims[axis]!]
  const picked = numbers.slice(0, groups * length)
  for (let i = 1; i < groups; i++) picked.set(numbers.subarray(i * group, i * group + length), i * length)
  return { data: picked, dims: dims.with(axis, 1) }
}
