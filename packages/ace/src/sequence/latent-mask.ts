import { shrinkMask } from '../images/shrink-mask.js'

/**
 * The mask channel of a frame: the picture's mask down to latent size, see {@link shrinkMask}. No mask means the whole
 * frame.
 *
 * @param mask - `[height, width]` in pixels, 1 = marked, at least one is; null = none
 * @param height - of the latent
 * @param width - of the latent
 * @returns `[height, width]`, 0 or 1
 */
export function latentMask(mask: Uint8Array | null, height: number, width: number, downscale: number): Float32Array {
  if (!mask) return new Float32Array(height * width).fill(1)
  const pixels = { width: width * downscale, height: height * downscale }
  return Float32Array.from(shrinkMask(mask, pixels, { width, height }))
}
