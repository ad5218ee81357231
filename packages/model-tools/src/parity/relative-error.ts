import { deviation } from '../scheduler/guide.js'

/** Largest difference over the standard deviation of `expected`; NaN when lengths differ or a number is none. */
export function relativeError(actual: ArrayLike<number> | undefined, expected: Float32Array): number {
  if (actual?.length !== expected.length) return NaN
  return (
    expected.reduce((worst, value, index) => Math.max(worst, Math.abs(actual[index]! - value)), 0) / deviation(expected)
  )
}
