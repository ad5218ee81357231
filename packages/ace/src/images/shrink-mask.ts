import type { Raster, Size } from './raster.js'

/**
 * A mask at another size: the mark under each new pixel's centre (nearest-exact, as the reference does it). A mark so
 * small that it falls between the centres would vanish; when all of them would, each new pixel that holds one is marked
 * instead. The reference then takes the mask for none and edits the whole picture, the opposite of what was drawn.
 *
 * @param mask - `[height, width]` of `from`, 1 = marked
 * @returns the same of `to`; without a mark only if `mask` has none
 */
export function shrinkMask(mask: Uint8Array, from: Size, to: Size): Uint8Array {
  // a raster is a size as well: its own levels must not come before the marks
  const picked = resizeNearest({ ...from, data: mask, channels: 1 }, to.width, to.height).data
  if (picked.includes(1)) return picked
  for (let at = mask.indexOf(1); at !== -1; at = mask.indexOf(1, at + 1)) {
    const row = Math.floor((Math.floor(at / from.width) * to.height) / from.height)
    picked[row * to.width + Math.floor(((at % from.width) * to.width) / from.width)] = 1
  }
  return picked
}

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

/** Resize by picking the input pixel under each output pixel's centre. */
export function resizeNearest(raster: Raster, width: number, height: number): Raster {
  const { channels } = raster
  const data = new Uint8Array(width * height * channels)
  for (let row = 0; row < height; row++) {
    const from = Math.floor(((row + 0.5) * raster.height) / height) * raster.width
    for (let column = 0; column < width; column++) {
      const at = (from + Math.floor(((column + 0.5) * raster.width) / width)) * channels
      for (let c = 0; c < channels; c++) data[(row * width + column) * channels + c] = raster.data[at + c]!
    }
  }
  return { data, width, height, channels }
}
