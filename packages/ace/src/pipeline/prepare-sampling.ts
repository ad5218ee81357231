import type { Manifest } from '@atelier/contracts'
import type { ModelGraphs, SamplingGraphs } from '../model-folder/model-graphs.js'
import { prepareConditioning, projectTexts } from '../sequence/conditioning.js'
import type { Sequence } from '../sequence/sequence.js'
import type { TextSegment } from '../text/encode-texts.js'
import { denoise, type DenoiseHooks, type SamplingPlan } from './denoise.js'
import { JoinedPasses } from './join-passes.js'
import { JoinedRuns } from './join-runs.js'
import { NoisePredictor } from './noise-predictor.js'
import { runsOf, SamplerRuns } from './sampler-runs.js'
import { StepBatch, type BatchedGraph, type BatchLimits, type Member } from './step-batch.js'

/**
 * Makes noise `[channels, height, width]` a latent, in place, and releases its graph; throws as {@link denoise} does.
 *
 * @returns most generations that were in a run with it, itself included
 */
export type Sample = (latent: Float32Array, plan: SamplingPlan, hooks: DenoiseHooks) => Promise<number>

type BatchOf<Name extends 'denoiser' | 'sampler' | 'keptSampler'> = StepBatch<
  Parameters<ModelGraphs[Name]['run']>[0],
  Awaited<ReturnType<ModelGraphs[Name]['run']>>
>

/** Lets generations that sample at once share runs of the graph that does it. */
export type SamplingBatch =
  { denoiser: BatchOf<'denoiser'> } | { sampler: BatchOf<'sampler'>; keptSampler?: BatchOf<'keptSampler'> }

/** @param graphs - those of a model; the batch frees what it uses of them when nobody samples */
export function samplingBatch(graphs: SamplingGraphs, limits: BatchLimits): SamplingBatch {
  if ('denoiser' in graphs) return { denoiser: new StepBatch(graphs.denoiser, new JoinedPasses(), limits) }
  const { sampler, keptSampler } = graphs
  return {
    sampler: new StepBatch(sampler, new JoinedRuns(), limits),
    ...(keptSampler && { keptSampler: new StepBatch(keptSampler, new JoinedRuns(), limits) }),
  }
}

/** How a generation is sampled, beside its plan. */
export interface SamplingOptions {
  /** See {@link NoisePredictor}; with a sampler graph, that many steps are in a run. */
  historyRefresh: number
  /** See `GenerateRequest.stepCache`. */
  stepCache: number
  /** Of the graphs that are used; undefined: it runs alone. */
  batch?: SamplingBatch | undefined
}

/**
 * Projects the texts of a generation and returns how its latent is sampled, by the graphs that the model has.
 */
export async function prepareSampling(
  graphs: SamplingGraphs,
  { cuda }: Pick<Manifest, 'cuda'>,
  sequence: Sequence,
  passes: readonly (readonly TextSegment[])[],
  indicators: Float32Array,
  { historyRefresh, stepCache, batch }: SamplingOptions,
): Promise<Sample> {
  const { batch: rows, layout } = sequence
  const member = { layout: layout.positions.join(), tokens: rows * layout.tokens }
  if ('sampler' in graphs) {
    const texts = await projectTexts(graphs.textProjector, passes, indicators)
    await graphs.textProjector.release()
    const { sampler, keptSampler } = graphs
    const batches = batch && 'sampler' in batch ? batch : undefined
    const exactly: Sample = (latent, plan, hooks) =>
      runIn(batches?.sampler, sampler, { ...member, signal: hooks.signal }, (graph) =>
        new SamplerRuns(graph, sequence, texts, cuda?.stepsPerRun ?? 1).sample(latent, plan, hooks),
      )
    if (!keptSampler || historyRefresh === 1 || (layout.tokens === layout.targetTokens && stepCache === 0))
      return exactly
    return async (latent, plan, hooks) => {
      // Nothing to share: a place in the batch of those that do would only make them wait.
      if (runsOf(plan, rows, historyRefresh, true).every(({ from, to }) => to - from === 1))
        return exactly(latent, plan, hooks)
      const own = { ...member, signal: hooks.signal }
      let most = 1
      // Only a few runs are the sampler's: a place in its batch for each, so that the others there wait for none.
      const single: Pick<ModelGraphs['sampler'], 'run'> = {
        async run(inputs) {
          let outputs!: Awaited<ReturnType<ModelGraphs['sampler']['run']>>
          const shared = await runIn(batches?.sampler, sampler, { ...own, waits: false }, async (graph) => {
            outputs = await graph.run(inputs)
          })
          most = Math.max(most, shared)
          return outputs
        },
      }
      const shared = await runIn(batches?.keptSampler, keptSampler, own, (graph) => {
        const kept = { graph, threshold: stepCache }
        return new SamplerRuns(single, sequence, texts, historyRefresh, kept).sample(latent, plan, hooks)
      })
      return Math.max(most, shared)
    }
  }
  const conditioning = await prepareConditioning(graphs.conditioner, passes, indicators)
  await graphs.conditioner.release()
  const batches = batch && 'denoiser' in batch ? batch : undefined
  return (latent, plan, hooks) =>
    runIn(batches?.denoiser, graphs.denoiser, { ...member, signal: hooks.signal }, (denoiser) =>
      denoise(latent, new NoisePredictor(denoiser, sequence, conditioning, historyRefresh), plan, hooks),
    )
}

/** Does `work` with a graph, in its batch if there is one; returns what {@link Sample} does. */
async function runIn<Inputs, Outputs>(
  batch: StepBatch<Inputs, Outputs> | undefined,
  graph: BatchedGraph<Inputs, Outputs>,
  member: Member,
  work: (graph: Pick<BatchedGraph<Inputs, Outputs>, 'run'>) => Promise<void>,
): Promise<number> {
  if (batch) return batch.during(member, work)
  await work(graph)
  await graph.release()
  return 1
}
