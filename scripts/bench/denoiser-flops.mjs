/**
 * Floating-point operations of one denoiser step: two for each multiplication and addition of a linear layer or of
 * attention; norms, activations, embeddings and the last layer are left out (under 1 % from width 1152 on).
 *
 * @param {{width: number, depth: number}} size - of the network; its feed-forward is four widths wide
 * @param {{batch: number, frames: number, tokens: number, text: number}} input - tokens of a frame, and of a text
 */
export function denoiserFlops({ width, depth }, { batch, frames, tokens, text }) {
  const all = frames * tokens
  // Self-attention: q, k, v, o; cross-attention: q, o (its keys and values are made once a generation); feed-forward: 4 + 4.
  const linear = 2 * all * width * width * (4 + 2 + 8)
  // Scores and their product with the values: every token with every token, and with the text of its own frame.
  const attention = 4 * all * all * width + 4 * all * text * width
  return batch * depth * (linear + attention)
}
