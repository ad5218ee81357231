/** The largest seed. */
export const maxSeed = 2 ** 32 - 1

/** A random seed: 0 to {@link maxSeed}. */
export const randomSeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0]!

/** The seed that a person has typed; undefined: none; null: something that is no seed. */
export function readSeed(text: string): number | null | undefined {
  const typed = text.replace(/\s/g, '')
  if (!typed) return undefined
  const seed = /^\d+$/.test(typed) ? Number(typed) : NaN
  return seed <= maxSeed ? seed : null
}
