import { philox } from './philox.js'

/**
 * Standard normal noise: Philox4x32-10 with the seed as its key and the pair's index as its counter, two 53-bit
 * uniforms a counter, Box–Muller in float64, rounded to float32. Number i depends on (seed, i) alone.
 *
 * @param seed - 0 … 2³²−1
 */
export function seededNoise(seed: number, size: number): Float32Array {
  const noise = new Float32Array(size)
  for (let i = 0; i < size; i += 2) {
    const [a, b, c, d] = philox([i / 2, 0, 0, 0], [seed, 0])
    // 1 − u: the logarithm needs (0, 1], not [0, 1).
    const radius = Math.sqrt(-2 * Math.log(1 - uniform(a, b)))
    const angle = 2 * Math.PI * uniform(c, d)
    noise[i] = radius * Math.cos(angle)
    if (i + 1 < size) noise[i + 1] = radius * Math.sin(angle)
  }
  return noise
}

/** A number in [0, 1) with 53 random bits out of two words. */
function uniform(high: number, low: number): number {
  return ((high >>> 5) * 0x4000000 + (low >>> 6)) / 0x20000000000000
}
