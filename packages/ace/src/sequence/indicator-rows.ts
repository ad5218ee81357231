/**
 * The rows of the indicator table that `count` condition frames use, the target's first: condition frame k has row
 * k − 1, the target the row after the last.
 *
 * @throws RangeError when there are more than nine: the table has ten rows
 */
export function indicatorRows(count: number): number[] {
  if (count > 9) throw new RangeError(`${count} condition frames are more than the nine that have an indicator`)
  return [count, ...Array.from({ length: count }, (_, index) => index)]
}
