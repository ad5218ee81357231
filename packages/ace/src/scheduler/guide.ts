/** Strength of classifier-free guidance. */
export interface Guidance {
  /** 1 = the conditional prediction as it is. */
  scale: number
  /** 0 … 1: how far the result's deviation is pulled back to the conditional prediction's. */
  rescale: number
}

/** Whether step `index` of `count` is guided: whether its middle, as a share of all steps, lies in the interval. */
export const isGuided = (index: number, count: number, [from, to]: readonly [number, number]): boolean => {
  const middle = (index + 0.5) / count
  return middle >= from && middle <= to
}

/**
 * Classifier-free guidance with rescale: `u + s·(c − u)`, times `φ·std(c)/std(result) + 1 − φ`.
 * The deviations are unbiased and over the whole sample.
 *
 * @param out - gets the result; may be one of the inputs
 */
export function guide(
  conditional: Float32Array,
  unconditional: Float32Array,
  { scale, rescale }: Guidance,
  out: Float32Array,
): void {
  const wanted = rescale === 0 ? 0 : deviation(conditional)
  for (let i = 0; i < out.length; i++) out[i] = unconditional[i]! + scale * (conditional[i]! - unconditional[i]!)
  if (rescale === 0) return
  const factor = (rescale * wanted) / deviation(out) + 1 - rescale
  for (let i = 0; i < out.length; i++) out[i]! *= factor
}

/** Unbiased standard deviation. */
export function deviation(values: Float32Array): number {
  let sum = 0
  for (const value of values) sum += value
  const mean = sum / values.length
  let squares = 0
  for (const value of values) squares += (value - mean) ** 2
  return Math.sqrt(squares / (values.length - 1))
}
