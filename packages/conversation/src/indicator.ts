/**
 * The name of condition frame k in texts: `{image}`, `{image1}` … `{image9}` (ACE.md, Terms).
 *
 * @param index - 0 … 9, the frame's position among the condition frames of the LCU
 * @throws RangeError outside that range
 */
export function indicator(index: number): string {
  if (!Number.isInteger(index) || index < 0 || index > 9) throw new RangeError(`there is no indicator ${index}`)
  return index === 0 ? '{image}' : `{image${index}}`
}
