/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A day of people. */
export interface Day {
  /** Pictures asked for in the day, on average. */
  pictures: number
  /** How much more is asked for in the busiest hour than on average, at least 1. */
  peak: number
  /** Times in the day at which many come at once. */
  bursts: number
  /** How much more is asked for within a burst, for five minutes. */
  burstFactor: number
  seed: number
}

export const daySeconds = 86_400
const burstSeconds = 300

/**
 * Times of a day at which pictures are asked for, in seconds, ascending: a Poisson process whose rate follows a wave with
 * its low at 4 h and its high at 16 h, and bursts at random times.
 */
export function arrivalsOf({ pictures, peak, bursts, burstFactor, seed }: Day): number[] {
  const random = seededRandom(seed)
  const starts = Array.from({ length: bursts }, () => random() * (daySeconds - burstSeconds))
  const mean = pictures / daySeconds
  const swing = Math.min(peak, 2) - 1
  const rate = (at: number) => {
    // above twice the mean the wave is narrower, so that the night is not below nothing
    const wave = Math.cos(((at / 3600 - 16) / 24) * 2 * Math.PI)
    const ordinary = peak <= 2 ? 1 + swing * wave : peak * ((1 + wave) / 2) ** (peak - 1)
    const busy = starts.some((start) => at >= start && at < start + burstSeconds)
    return mean * ordinary * (busy ? burstFactor : 1)
  }
  const highest = mean * peak * (bursts ? burstFactor : 1)
  const times: number[] = []
  // thinning: candidates at the highest rate, of which each is kept by its own
  for (let at = -Math.log(1 - random()) / highest; at < daySeconds; at += -Math.log(1 - random()) / highest)
    if (random() * highest < rate(at)) times.push(at)
  return times
}
