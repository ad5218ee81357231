/** Rounds to the nearest integer, halves to the even one, as Python and PyTorch do. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const fraction = value - floor
  if (fraction === 0.5) return floor % 2 === 0 ? floor : floor + 1
  return fraction < 0.5 ? floor : floor + 1
}
