/** Shape of latent planes, `[channels, height, width]`, and the side of a patch. */
export interface PlaneShape {
  channels: number
  height: number
  width: number
  patch: number
}

/**
 * Writes planes into patches. A patch's numbers stand in the order (channel, row, column), as a convolution's flattened
 * weight reads them; patches go row by row.
 *
 * @param out - `[patches, patchWidth]`, may have room for more channels: those are left as they are
 * @param patchWidth - numbers of a patch in `out`
 * @param firstChannel - channel of `out` that the first plane becomes
 */
export function writePatches(
  planes: Float32Array | Uint8Array,
  shape: PlaneShape,
  out: Float32Array,
  patchWidth: number,
  firstChannel = 0,
): void {
  const { channels, height, width, patch } = shape
  const columns = width / patch
  let from = 0
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < height; y++) {
      const row = Math.floor(y / patch) * columns
      const inside = ((firstChannel + c) * patch + (y % patch)) * patch
      for (let x = 0; x < width; x++) {
        out[(row + Math.floor(x / patch)) * patchWidth + inside + (x % patch)] = planes[from++]!
      }
    }
  }
}

/** The inverse of {@link writePatches}, for patches of planes alone: `[patches, channels · patch²]`. */
export function readPlanes(patches: Float32Array, { channels, height, width, patch }: PlaneShape): Float32Array {
  const out = new Float32Array(channels * height * width)
  const patchWidth = channels * patch * patch
  const columns = width / patch
  let to = 0
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < height; y++) {
      const row = Math.floor(y / patch) * columns
      const inside = (c * patch + (y % patch)) * patch
      for (let x = 0; x < width; x++) {
        out[to++] = patches[(row + Math.floor(x / patch)) * patchWidth + inside + (x % patch)]!
      }
    }
  }
  return out
}

/**
 * Reads the denoiser's output back into planes. There a patch's numbers stand in the order (row, column, channel).
 *
 * @param patches - `[patches, patch² · channels]`
 * @param out - `[channels, height, width]`
 */
export function readPatches(
  patches: Float32Array,
  { channels, height, width, patch }: PlaneShape,
  out: Float32Array,
): void {
  const columns = width / patch
  const patchWidth = patch * patch * channels
  let to = 0
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < height; y++) {
      const row = Math.floor(y / patch) * columns
      for (let x = 0; x < width; x++) {
        const inside = ((y % patch) * patch + (x % patch)) * channels + c
        out[to++] = patches[(row + Math.floor(x / patch)) * patchWidth + inside]!
      }
    }
  }
}
