/** The command line has something else where a number must be, or a number that is out of range. */
export class TypedNumberError extends TypeError {
  override readonly name = 'TypedNumberError'
}

/**
 * A number of the command line: digits, with a point where fractions are allowed. `Number` alone takes nothing for 0, and
 * makes NaN of `0,1`, which JSON writes as null.
 *
 * @param name - how the option is called in the message
 * @throws TypedNumberError
 */
export function typedNumber(
  name: string,
  text: string,
  { from, to = Number.MAX_SAFE_INTEGER, whole = false }: { from: number; to?: number; whole?: boolean },
): number {
  const value = Number(text)
  if ((whole ? /^\d+$/ : /^\d+(\.\d+)?$/).test(text) && value >= from && value <= to) return value
  const range = to === Number.MAX_SAFE_INTEGER ? `from ${from} on` : `from ${from} to ${to}`
  throw new TypedNumberError(`${name} must be a ${whole ? 'whole ' : ''}number ${range}, not ${text || 'nothing'}`)
}
