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

/** A run of the sampler graph: the steps from `from` to before `to`, both passes of guidance or one. */
interface Run {
  from: number
  to: number
  pair: boolean
}

/**
 * How the steps of a plan are shared out to runs.
 *
 * @param passes - two with guidance, else one
 * @param stepsPerRun - at most
 * @param keeps - whether the last step has a run of its own, see {@link SamplerRuns}
 */
export function runsOf(
  { steps, guidanceInterval }: Pick<SamplingPlan, 'steps' | 'guidanceInterval'>,
  passes: number,
  stepsPerRun: number,
  keeps: boolean,
): Run[] {
  const isPair = (index: number): boolean => passes > 1 && isGuided(index, steps.count, guidanceInterval)
  const runs: Run[] = []
  for (let from = 0, to; from < steps.count; from = to) {
    const pair = isPair(from)
    to = from + 1
    while (to < Math.min(steps.count - (keeps ? 1 : 0), from + stepsPerRun) && isPair(to) === pair) to++
    runs.push({ from, to, pair })
  }
  return runs
}

/**
 * Sampling as {@link denoise} does it, by the sampler graph: several steps in one run. Between runs the latent and the
 * predicted picture cross the bus; what is told, asked and checked between steps is so between runs.
 */
export class SamplerRuns {
  private readonly inputs: Omit<Inputs, keyof RunInputs>
  private readonly conditional: Omit<Inputs, keyof RunInputs>

  /**
   * @param sequence - with a batch of two for guidance, else of one
   * @param stepsPerRun - at most; the picture does not depend on it, unless `kept` is given
   * @param kept - runs in place of the sampler those of two steps and more: their first step computes the condition frames,
   *   the others keep what it knows of them; with `threshold` as `GenerateRequest.stepCache`. The last step of all is the
   *   sampler's, because it decides most of what is seen
   */
  constructor(
    private readonly sampler: Pick<ModelGraphs['sampler'], 'run'>,
    private readonly sequence: Sequence,
    { text, indicatorEmbedding, textLengths }: ProjectedTexts,
    private readonly stepsPerRun: number,
    private readonly kept?: { graph: Pick<ModelGraphs['keptSampler'], 'run'>; threshold: number },
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
    const { steps, guidance } = plan
    const coefficients = stepCoefficients(plan.sampler, steps, plan.prediction)
    let [now, predicted] = [this.toPatches(latent), this.toPatches(latent.map(() => 0))]
    for (const { from, to, pair } of runsOf(plan, this.sequence.batch, this.stepsPerRun, Boolean(this.kept))) {
      throwIfAborted(hooks.signal, `step ${from + 1}`)
      const { next_latent, next_predicted } = await this.run(pair, {
        latent: now,
        predicted,
        timesteps: { data: Float32Array.from(steps.modelTimesteps.subarray(from, to)), dims: [to - from] },
        coefficients: {
          data: coefficients.subarray(from * coefficientsPerStep, to * coefficientsPerStep),
          dims: [to - from, coefficientsPerStep],
        },
        guidance: { data: pair ? Float32Array.of(guidance.scale, guidance.rescale) : Float32Array.of(1, 0), dims: [2] },
      })
      if (!next_latent.data.every(Number.isFinite)) throw new InvalidOutputError(`step ${to}`)
      ;[now, predicted] = [next_latent, next_predicted]
      await hooks.onStep?.(to, readPlanes(next_predicted.data, this.sequence.target))
      // Graphs run on this thread: only here can messages such as a cancel come in.
      await setImmediate()
    }
    latent.set(readPlanes(now.data, this.sequence.target))
  }

  /** One run of the graph. @param pair - both passes of guidance, or the conditional one alone */
  run(pair: boolean, own: RunInputs): ReturnType<ModelGraphs['sampler']['run']> {
    const inputs = { ...(pair ? this.inputs : this.conditional), ...own }
    if (!this.kept || own.timesteps.dims[0] === 1) return this.sampler.run(inputs)
    const threshold = { data: Float32Array.of(this.kept.threshold), dims: [1] }
    return this.kept.graph.run({ ...inputs, threshold })
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
