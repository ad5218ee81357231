/** A random seed: 0 to 2³²−1. */
export const randomSeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0]!

/** The seed that a person has typed; undefined: none. Digits beyond the largest seed are left out. */
export function readSeed(text: string): number | undefined {
  const digits = text.replace(/\D/g, '')
  if (!digits) return undefined
  let seed = Number(digits)
  while (seed >= 2 ** 32) seed = Math.floor(seed / 10)
  return seed
}
