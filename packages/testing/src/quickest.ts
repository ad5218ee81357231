/**
 * Measures up to three times, for bounds that the machine can exceed when it is busy with other tests: what is slow by itself is
 * slow each time.
 *
 * @param mostMs - a measurement up to this is the last one
 * @returns the smallest measurement
 */
export async function quickest(mostMs: number, measure: () => Promise<number>): Promise<number> {
  let best = Infinity
  for (let n = 0; n < 3 && best > mostMs; n += 1) best = Math.min(best, await measure())
  return best
}
