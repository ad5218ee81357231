/** A round number at or just above a value, for the top of an axis: 1, 2, 2.5, 5 or 10 times a power of ten. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 2.5, 5, 10].find((step) => step * power >= value)! * power
}

/**
 * The path of a line through values that may be missing: it is broken there. A value alone becomes a dot (a line of no length,
 * which round ends make visible).
 *
 * @param values - null where there is none
 * @param top - the value at the upper edge
 * @returns SVG path data in a box of `values.length` × 100, each value in the middle of its unit of width
 */
export function linePath(values: readonly (number | null)[], top: number): string {
  const place = (value: number, index: number) => `${index + 0.5} ${Math.round(1000 * (1 - value / top)) / 10}`
  return values
    .map((value, index) => {
      if (value === null) return ''
      const joined = index > 0 && values[index - 1] !== null
      const alone = !joined && (values[index + 1] ?? null) === null
      return `${joined ? 'L' : 'M'}${place(value, index)}${alone ? 'h0' : ''}`
    })
    .join('')
}
