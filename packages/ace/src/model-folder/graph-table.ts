import type { GraphShape } from '../ort.js'

const graph = <I extends string, O extends string>(inputs: readonly I[], outputs: readonly O[]): GraphShape<I, O> => ({
  inputs,
  outputs,
})

const samplerInputs = [
  'latent',
  'predicted',
  'patches',
  'positions',
  'text',
  'text_lengths',
  'indicator_embedding',
  'frame_slots',
  'token_slot',
  'timesteps',
  'coefficients',
  'guidance',
] as const
const samplerOutputs = ['next_latent', 'next_predicted'] as const

/**
 * The graphs of a model folder. B = 2 with guidance (0 = conditional), else 1; F frames, L tokens of the longest text,
 * Y text width, D width, N visual tokens, P numbers of a patch, M tokens of the largest frame, T of the target.
 */
export const graphTable = {
  /** ids and mask `[B, L]` int64 → hidden `[B, L, Y]`. */
  textEncoder: graph(['input_ids', 'attention_mask'], ['hidden']),
  /**
   * Once a generation: text `[B, F, L, Y]`, indicators `[B, F, Y]` → keys and values `[depth, B, F, L, D]`, embedded
   * indicators `[B, F, D]`.
   */
  conditioner: graph(['text', 'indicators'], ['keys', 'values', 'indicator_embedding']),
  /**
   * Each step: patches `[B, N, P]`, positions `[N, 3]`, timestep `[B]` … → eps `[B, T, patch²·channels]`, and what
   * self-attention sees of the tokens from keep_from `[1]` on, `[2·depth, B, N − keep_from, D]`: rotated keys of each
   * layer, then values. history `[2·depth, B, H, D]`: the same of tokens that are not among the N.
   */
  denoiser: graph(
    [
      'patches',
      'positions',
      'timestep',
      'keys',
      'values',
      'text_lengths',
      'indicator_embedding',
      'frame_slots',
      'token_slot',
      'target_tokens',
      'history',
      'keep_from',
    ],
    ['eps', 'kept'],
  ),
  /**
   * Instead of the conditioner on CUDA: hidden `[B, F, L, Y]`, indicators `[B, F, Y]` → text `[B, F, L, D]`, float16 where
   * the sampler computes in it, and embedded indicators `[B, F, D]`.
   */
  textProjector: graph(['hidden', 'indicators'], ['text', 'indicator_embedding']),
  /**
   * Instead of the denoiser on CUDA: K steps of G generations in one run, guidance and sampler's update inside. latent and
   * predicted picture `[G, T, channels·patch²]`, patches `[G, N, P]` (the target's latent zero), timesteps `[K]`,
   * coefficients `[K, 5]`, guidance `[2·G]`, texts of B = G or 2·G rows … → the next two. See
   * `ml/atelier_ml/export/sampler_module.py`.
   */
  sampler: graph(samplerInputs, samplerOutputs),
  /**
   * The sampler of runs whose steps share what the first one computes of the condition frames: two steps at least.
   * threshold `[1]`: below which change of the first block a step takes what the others added before.
   */
  keptSampler: graph([...samplerInputs, 'threshold'], samplerOutputs),
  /** image `[1, 3, H, W]` in −1 … 1 → mean `[1, C, h, w]`, not scaled. */
  vaeEncoder: graph(['image'], ['mean']),
  /** latent `[1, C, h, w]`, scale taken out → image `[1, 3, H, W]`. */
  vaeDecoder: graph(['latent'], ['image']),
}

/** Name of a graph in a manifest. */
export type GraphName = keyof typeof graphTable
