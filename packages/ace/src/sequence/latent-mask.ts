/**
 * The mask channel of a frame: the picture's mask down to latent size by nearest-exact, one pixel out of
 * `downscale`² (the one right below the centre). No mask, or none of those pixels marked, means the whole frame.
 *
 * @param mask - `[height, width]` in pixels, 1 = marked; null = none
 * @param height - of the latent
 * @param width - of the latent
 * @returns `[height, width]`, 0 or 1
 */
export function latentMask(mask: Uint8Array | null, height: number, width: number, downscale: number): Float32Array {
  const plane = new Float32Array(height * width)
  if (mask) {
    const centre = Math.floor(downscale / 2)
    for (let y = 0; y < height; y++) {
      const row = (y * downscale + centre) * width * downscale
      for (let x = 0; x < width; x++) plane[y * width + x] = mask[row + x * downscale + centre]!
    }
  }
  return plane.includes(1) ? plane : plane.fill(1)
}
