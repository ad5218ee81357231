import { openingBound, silenceBound, Watchdog } from './watchdog.js'

/** A call that a {@link ProcessWatch} waits for. */
export interface WatchedCall {
  /** Longest silence that is no hang, in milliseconds: measured, or expected; undefined: not known before its first step. */
  longest?: number | undefined
  /** Longest silence since it began. */
  seen?: number
  /** It opens a model and makes no steps. */
  opens?: boolean
  /** It was asked to stop. */
  cancelled?: boolean
}

/** See `InferenceOptions`. */
export interface WatchBounds {
  silenceFloorMs?: number | undefined
  openingFloorMs?: number | undefined
  cancelGraceMs?: number | undefined
}

/**
 * Ends a process that gives no sign of life. Its graphs share one thread, so a step of one generation is a sign for all,
 * and one that hangs hangs for all. One that has only cancelled calls left must end them soon; while others go on, a
 * cancelled call waits for the end of a step like them.
 */
export class ProcessWatch {
  private readonly calls = new Set<WatchedCall>()
  private readonly watchdog: Watchdog
  private heard = 0
  /** Bytes of the part that is being opened. */
  private opening: number | undefined

  /** @param end - ends the process */
  constructor(
    end: () => unknown,
    private readonly bounds: WatchBounds,
  ) {
    this.watchdog = new Watchdog(end)
  }

  /** True once it has ended the process. */
  get bit(): boolean {
    return this.watchdog.bit
  }

  /** The process works on a call, until {@link leave}. */
  enter(call: WatchedCall): void {
    if (this.calls.size === 0) this.heard = performance.now()
    this.calls.add(call)
    this.expect()
  }

  /** A call is over. */
  leave(call: WatchedCall): void {
    const before = this.allCancelled
    this.calls.delete(call)
    if (this.calls.size === 0) this.watchdog.rest()
    else if (!before) this.expect()
  }

  /** A call was asked to stop. */
  cancel(call: WatchedCall): void {
    const before = this.allCancelled
    call.cancelled = true
    if (!before) this.expect()
  }

  /** A step of a call is done. */
  step(call: WatchedCall): void {
    const now = performance.now()
    for (const each of this.calls) each.seen = Math.max(each.seen ?? 0, now - this.heard)
    // what it needs before its first step is only known when that is done
    call.longest = Math.max(call.longest ?? 0, call.seen ?? 0)
    this.heard = now
    if (!this.allCancelled) this.expect()
  }

  /** A part is being opened (its bytes), or has been (undefined). */
  opens(bytes: number | undefined): void {
    this.opening = bytes
    this.heard = performance.now()
    if (!this.allCancelled) this.expect()
  }

  private get allCancelled(): boolean {
    return this.calls.size > 0 && [...this.calls].every(({ cancelled }) => cancelled)
  }

  private expect(): void {
    if (this.calls.size === 0 || this.watchdog.bit) return
    const { silenceFloorMs, openingFloorMs, cancelGraceMs } = this.bounds
    // they share steps: one that was measured alone may take as many times as long
    const calls = [...this.calls].map(({ opens, longest }) => ({
      opens,
      longest: longest && longest * this.calls.size,
    }))
    if (this.allCancelled) {
      const longest = Math.max(...calls.map((call) => call.longest ?? 0))
      return this.watchdog.expect(cancelGraceMs ?? Math.max(2000, 2 * longest))
    }
    const bounds = calls.map(({ opens, longest }) =>
      opens ? openingBound(0, openingFloorMs) : silenceBound(longest, silenceFloorMs),
    )
    if (this.opening !== undefined) bounds.push(openingBound(this.opening, openingFloorMs))
    this.watchdog.expect(Math.max(...bounds))
  }
}
