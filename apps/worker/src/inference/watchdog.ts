/** Longest silence that is no hang whatever was measured, in milliseconds. */
const silenceFloorMs = 30_000
/** As much again for each byte that is read and opened: 10 MB in a second, a slow disk. */
const bytesPerMs = 10_000

/**
 * How long the model may make no step before it counts as hung, in milliseconds: ten times its longest silence so far, at
 * least the floor; ten times that floor while nothing was measured.
 *
 * @param longestMs - undefined before the first step of a process's life
 * @param floorMs - default 30 s
 */
export const silenceBound = (longestMs: number | undefined, floorMs = silenceFloorMs): number =>
  longestMs === undefined ? 10 * floorMs : Math.max(floorMs, 10 * longestMs)

/** How long reading or opening so many bytes may take before it counts as hung, in milliseconds. @param floorMs - default 30 s */
export const openingBound = (bytes: number, floorMs = silenceFloorMs): number => floorMs + bytes / bytesPerMs

/** Ends what gives no sign of life in time. */
export class Watchdog {
  private timer: NodeJS.Timeout | undefined
  private late = false

  /** @param end - called once the time is over */
  constructor(private readonly end: () => unknown) {}

  /** True once it has ended what it watched. */
  get bit(): boolean {
    return this.late
  }

  /** There was a sign of life; the next one must come within so many milliseconds. */
  expect(withinMs: number): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      this.late = true
      this.end()
    }, withinMs)
  }

  /** No sign is expected any more. */
  rest(): void {
    clearTimeout(this.timer)
  }
}
