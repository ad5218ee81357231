import { deviation } from '@atelier/ace/stages'

/** Largest difference over the standard deviation of `expected`; NaN when the lengths differ or a number is NaN. */
export function relativeError(actual: ArrayLike<number> | undefined, expected: Float32Array): number {
  if (actual?.length !== expected.length) return NaN
  return (
    expected.reduce((worst, value, index) => Math.max(worst, Math.abs(actual[index]! - value)), 0) / deviation(expected)
  )
}
