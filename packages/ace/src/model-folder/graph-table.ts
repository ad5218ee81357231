import type { GraphShape } from '../ort.js'

const graph = <I extends string, O extends string>(inputs: readonly I[], outputs: readonly O[]): GraphShape<I, O> => ({
  inputs,
  outputs,
})

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
  /** Each step: patches `[B, N, P]`, positions `[N, 3]`, timestep `[B]` … → eps `[B, T, patch²·channels]`. */
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
    ],
    ['eps'],
  ),
  /**
   * Instead of the conditioner on CUDA: hidden `[B, F, L, Y]`, indicators `[B, F, Y]` → text `[B, F, L, D]`, float16 where
   * the sampler computes in it, and embedded indicators `[B, F, D]`.
   */
  textProjector: graph(['hidden', 'indicators'], ['text', 'indicator_embedding']),
  /**
   * Instead of the denoiser on CUDA: K steps in one run, guidance and sampler's update inside. latent and predicted
   * picture `[1, T, channels·patch²]`, patches `[1, N, P]` (the target's latent zero), timesteps `[K]`, coefficients
   * `[K, 5]`, guidance `[2]` … → the next two. See `ml/atelier_ml/export/sampler_module.py`.
   */
  sampler: graph(
    [
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
    ],
    ['next_latent', 'next_predicted'],
  ),
  /** image `[1, 3, H, W]` in −1 … 1 → mean `[1, C, h, w]`, not scaled. */
  vaeEncoder: graph(['image'], ['mean']),
  /** latent `[1, C, h, w]`, scale taken out → image `[1, 3, H, W]`. */
  vaeDecoder: graph(['latent'], ['image']),
}

/** Name of a graph in a manifest. */
export type GraphName = keyof typeof graphTable
