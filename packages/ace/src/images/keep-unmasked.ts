/** The condition image that a picture was made from, as it was prepared, with its mask. */
export interface MaskedSource {
  /** `[height, width, 3]`, 0–255, nothing erased. */
  rgb: Uint8Array
  /** `[height, width]`, 1 = marked. */
  mask: Uint8Array
}

/**
 * A made picture with everything outside the mask taken from its source, byte for byte. The two are blended inside
 * the mask alone: going in from its border the made picture grows from nothing to all over 1/64 of the shorter side, at
 * least two pixels, and at most as deep as the mask reaches. The picture's own border is none of the mask's.
 *
 * @param made - RGB, `[height, width, 3]`, of the source's size
 * @returns a new picture
 */
export function keepUnmasked(made: Uint8Array, { rgb, mask }: MaskedSource, width: number): Uint8Array {
  const depth = depthInside(mask, width)
  const deepest = depth.reduce((most, value) => (value < Infinity && value > most ? value : most), 0)
  const feather = Math.min(Math.max(2, Math.min(width, mask.length / width) / 64), deepest)
  return made.map((level, index) => {
    const inside = depth[Math.floor(index / 3)]!
    const kept = rgb[index]!
    if (inside === 0) return kept
    if (inside >= feather) return level
    return Math.round(kept + (inside / feather) * (level - kept))
  })
}

/**
 * How far each pixel is from the nearest one outside the mask: 0 outside, infinite when there is no outside. Steps
 * along a side count 1 and across a corner √2 (chamfer distance), which is within 9 % of the straight line.
 */
function depthInside(mask: Uint8Array, width: number): Float64Array {
  const height = mask.length / width
  const depth = Float64Array.from(mask, (marked) => (marked ? Infinity : 0))
  const from = (y: number, x: number, step: number): number =>
    y < 0 || y >= height || x < 0 || x >= width ? Infinity : depth[y * width + x]! + step
  /** Looks at the four neighbours that lie before (`side` −1) or after (1) a pixel in reading order. */
  const visit = (at: number, side: -1 | 1): void => {
    const [y, x] = [Math.floor(at / width), at % width]
    const straight = Math.min(from(y + side, x, 1), from(y, x + side, 1))
    const across = Math.min(from(y + side, x - 1, Math.SQRT2), from(y + side, x + 1, Math.SQRT2))
    depth[at] = Math.min(depth[at]!, straight, across)
  }
  for (let at = 0; at < depth.length; at++) visit(at, -1)
  for (let at = depth.length - 1; at >= 0; at--) visit(at, 1)
  return depth
}
