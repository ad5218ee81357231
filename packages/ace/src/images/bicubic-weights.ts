/** For each output position: the first input position, how many follow, and their fixed-point weights. */
export interface ResampleWeights {
  first: Int32Array
  count: Int32Array
  /** `[size, most]`: weights × 2^{@link weightBits}. */
  weights: Int32Array
  most: number
}

/** Fraction bits of a weight: with 8-bit samples and overshoot, a sum still fits 32 bits. */
export const weightBits = 22

const sharpness = -0.5
const reach = 2

/**
 * Weights of an antialiased bicubic resize along one axis, computed as Pillow does: the kernel is stretched over
 * all input pixels that an output pixel covers.
 */
export function bicubicWeights(from: number, to: number): ResampleWeights {
  const scale = from / to
  const stretch = Math.max(scale, 1)
  const support = reach * stretch
  const most = Math.ceil(support) * 2 + 1
  const first = new Int32Array(to)
  const count = new Int32Array(to)
  const weights = new Int32Array(to * most)
  for (let out = 0; out < to; out++) {
    const centre = (out + 0.5) * scale
    const start = Math.max(0, Math.trunc(centre - support + 0.5))
    const end = Math.min(from, Math.trunc(centre + support + 0.5))
    const values = Array.from({ length: end - start }, (_, i) => kernel((start + i - centre + 0.5) / stretch))
    const sum = values.reduce((total, value) => total + value, 0)
    first[out] = start
    count[out] = end - start
    values.forEach((value, i) => {
      const fixed = (value / sum) * 2 ** weightBits
      weights[out * most + i] = Math.trunc(fixed + Math.sign(fixed) * 0.5)
    })
  }
  return { first, count, weights, most }
}

/** The cubic convolution kernel. */
function kernel(distance: number): number {
  const x = Math.abs(distance)
  if (x < 1) return ((sharpness + 2) * x - (sharpness + 3)) * x * x + 1
  if (x < reach) return (((x - 5) * x + 8) * x - 4) * sharpness
  return 0
}
