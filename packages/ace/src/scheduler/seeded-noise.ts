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

/**
 * Philox4x32-10, the counter-based generator of Salmon and others (Random123, 2011): 128 random bits that depend on
 * counter and key alone, so that number i needs no number before it.
 *
 * @returns four unsigned 32-bit words
 */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter
  let [k0, k1] = key
  for (let round = 0; round < 10; round++) {
    const [high0, low0] = multiply(0xd2511f53, c0)
    const [high1, low1] = multiply(0xcd9e8d57, c2)
    c0 = (high1 ^ c1 ^ k0) >>> 0
    c2 = (high0 ^ c3 ^ k1) >>> 0
    c1 = low1
    c3 = low0
    k0 = (k0 + 0x9e3779b9) >>> 0
    k1 = (k1 + 0xbb67ae85) >>> 0
  }
  return [c0, c1, c2, c3]
}

/** High and low 32 bits of a 32×32-bit product, which a double cannot hold. */
function multiply(a: number, b: number): [high: number, low: number] {
  const [aHigh, aLow, bHigh, bLow] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff]
  const low = aLow * bLow
  const middle = aHigh * bLow + (low >>> 16)
  const cross = aLow * bHigh + (middle % 0x10000)
  return [(aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000)) >>> 0, Math.imul(a, b) >>> 0]
}
