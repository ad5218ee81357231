/**
 * How long the model may be silent before it counts as hung, in milliseconds: ten times its longest step so far, at
 * least `floorMs`; five times that floor while no step has been seen, because encoding comes before the first one.
 *
 * @param longestStepMs - undefined before the first step
 * @param floorMs - default one minute
 */
export function silenceBound(longestStepMs: number | undefined, floorMs = 60_000): number {
  return longestStepMs === undefined ? 5 * floorMs : Math.max(floorMs, 10 * longestStepMs)
}
