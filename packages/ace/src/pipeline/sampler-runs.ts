import { setImmediate } from 'node:timers/promises'
import { InvalidOutputError } from '../errors.js'
import type { ModelGraphs } from '../model-folder/model-graphs.js'
import { firstRow, type NumberArray } from '../ort.js'
import { isGuided } from '../scheduler/guide.js'
import { coefficientsPerStep, stepCoefficients } from '../scheduler/step-coefficients.js'
import type { ProjectedTexts } from '../sequence/conditioning.js'
import { readPlanes, writePatches } from '../sequence/patches.js'
import type { Sequence } from '../sequence/sequence.js'
import type { DenoiseHooks, SamplingPlan } from './denoise.js'
import { throwIfAborted } from './throw-if-aborted.js'

type Inputs = Parameters<ModelGraphs['sampler']['run']>[0]

/** What one run of the sampler graph gets of its own; the rest is the same in all runs. */
export type RunInputs = Pick<Inputs, 'latent' | 'predicted' | 'timesteps' | 'coefficients' | 'guidance'>

/**
 * Sampling as {@link denoise} does it, by the sampler graph: several steps in one run. Between runs the latent and the
 * predicted picture cross the bus; what is told, asked and checked between steps is so between runs.
 */
export class SamplerRuns {
  private readonly inputs: Omit<Inputs, keyof RunInputs>
  private readonly conditional: Omit<Inputs, keyof RunInputs>

  /**
   * @param sequence - with a batch of two for guidance, else of one
   * @param stepsPerRun - at most; the picture does not depend on it
   */
  constructor(
    private readonly sampler: Pick<ModelGraphs['sampler'], 'run'>,
    private readonly sequence: Sequence,
    { text, indicatorEmbedding, textLengths }: ProjectedTexts,
    private readonly stepsPerRun: number,
  ) {
    const { batch, layout, patches, patchWidth, target } = sequence
    // The graph adds the target's latent: here it is nothing.
    sequence.writeTarget(new Float32Array(target.channels * target.height * target.width))
    const frames = layout.frameSlots.length / layout.slotsPerFrame
    this.inputs = {
      patches: { data: patches.subarray(0, patches.length / batch), dims: [1, layout.tokens, patchWidth] },
      positions: { data: layout.positions, dims: [layout.tokens, 3] },
      text,
      text_lengths: textLengths,
      indicator_embedding: indicatorEmbedding,
      frame_slots: { data: layout.frameSlots, dims: [frames, layout.slotsPerFrame] },
      token_slot: { data: layout.tokenSlot, dims: [layout.tokens] },
    }
    this.conditional = {
      ...this.inputs,
      text: firstRow(text),
      text_lengths: firstRow(textLengths),
      indicator_embedding: firstRow(indicatorEmbedding),
    }
  }

  /** Noise `[channels, height, width]` becomes a latent, in place; see {@link denoise}. */
  async sample(latent: Float32Array, plan: SamplingPlan, hooks: DenoiseHooks = {}): Promise<void> {
    const { steps, guidance, guidanceInterval } = plan
    const coefficients = stepCoefficients(plan.sampler, steps, plan.prediction)
    const isPair = (index: number): boolean => this.sequence.batch > 1 && isGuided(index, steps.count, guidanceInterval)
    let [now, predicted] = [this.toPatches(latent), this.toPatches(latent.map(() => 0))]
    for (let index = 0; index < steps.count;) {
      throwIfAborted(hooks.signal, `step ${index + 1}`)
      const pair = isPair(index)
      let end = index + 1
      while (end < Math.min(steps.count, index + this.stepsPerRun) && isPair(end) === pair) end++
      const { next_latent, next_predicted } = await this.run(pair, {
        latent: now,
        predicted,
        timesteps: { data: Float32Array.from(steps.modelTimesteps.subarray(index, end)), dims: [end - index] },
        coefficients: {
          data: coefficients.subarray(index * coefficientsPerStep, end * coefficientsPerStep),
          dims: [end - index, coefficientsPerStep],
        },
        guidance: { data: pair ? Float32Array.of(guidance.scale, guidance.rescale) : Float32Array.of(1, 0), dims: [2] },
      })
      if (!next_latent.data.every(Number.isFinite)) throw new InvalidOutputError(`step ${end}`)
      ;[now, predicted, index] = [next_latent, next_predicted, end]
      await hooks.onStep?.(index, readPlanes(next_predicted.data, this.sequence.target))
      // Graphs run on this thread: only here can messages such as a cancel come in.
      await setImmediate()
    }
    latent.set(readPlanes(now.data, this.sequence.target))
  }

  /** One run of the graph. @param pair - both passes of guidance, or the conditional one alone */
  run(pair: boolean, own: RunInputs): ReturnType<ModelGraphs['sampler']['run']> {
    return this.sampler.run({ ...(pair ? this.inputs : this.conditional), ...own })
  }

  /** Planes as the graph reads them, `[1, T, channels·patch²]`. */
  toPatches(planes: Float32Array): NumberArray<Float32Array> {
    const { channels, patch } = this.sequence.target
    const width = channels * patch * patch
    const data = new Float32Array(planes.length)
    writePatches(planes, this.sequence.target, data, width)
    return { data, dims: [1, planes.length / width, width] }
  }
}
