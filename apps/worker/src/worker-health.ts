import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@atelier/service'

/** Failures in a row, each of which may be the worker's, after which it takes no work until it has proved itself. */
const mostInARow = 3
/** First pause after a probe that failed, in milliseconds; doubles. */
const firstPauseMs = 5_000

/** Tries a part that failed. */
export interface Probe {
  /** @throws what is wrong with the part */
  check(): Promise<void>
  /** Longest pause between two tries, in milliseconds. */
  longestPauseMs: number
}

/** What a {@link WorkerHealth} needs. */
export interface WorkerHealthOptions {
  /** Called when the worker must take no more work, and with null when it may again. */
  onChange(reason: string | null): void
  log: Logger
  /** Default 5 s. */
  firstPauseMs?: number
}

/**
 * Whether this worker can make and store pictures: a circuit breaker. One that is broken ends jobs faster than those that
 * work, so it would get most of them. After {@link mostInARow} failures in a row it steps back and probes what failed last,
 * at once and then again and again; a probe that succeeds brings it back. So jobs that fail everywhere cost one probe.
 */
export class WorkerHealth {
  /** What has failed since the last success. */
  private readonly failures = new Set<unknown>()
  private lastReason: string | null = null
  private readonly closing = new AbortController()
  private probing: Promise<void> | undefined

  constructor(private readonly options: WorkerHealthOptions) {}

  /** Why the worker takes no work; null when it does. */
  get reason(): string | null {
    return this.lastReason
  }

  /** A generation was made. */
  succeeded(): void {
    this.failures.clear()
  }

  /**
   * A generation failed in a way that may be the worker's fault.
   *
   * @param error - those with the same `cause` count once: a process that is broken fails for all that it works for
   */
  failed(error: Error, probe: Probe): void {
    this.failures.add(error.cause ?? error)
    if (this.failures.size >= mostInARow) this.stepBack(error.message, probe)
  }

  /** The worker takes no work until a probe succeeds. @param reason - why, as a sentence */
  stepBack(reason: string, probe: Probe): void {
    if (this.probing || this.closing.signal.aborted) return
    this.options.log.error({ reason }, 'the worker steps back: it takes no work until its probe succeeds')
    this.lastReason = reason
    this.options.onChange(reason)
    this.probing = this.probeUntilWell(probe).finally(() => {
      this.probing = undefined
    })
  }

  /** Ends the pauses between probes; a probe that is under way ends with its process. */
  close(): void {
    this.closing.abort()
  }

  private async probeUntilWell({ check, longestPauseMs }: Probe): Promise<void> {
    const { onChange, log } = this.options
    const { signal } = this.closing
    for (let pause = this.options.firstPauseMs ?? firstPauseMs; ; pause = Math.min(2 * pause, longestPauseMs)) {
      try {
        await check()
        if (signal.aborted) return
        this.failures.clear()
        this.lastReason = null
        log.warn('the probe has succeeded: the worker takes work again')
        return onChange(null)
      } catch (error) {
        if (signal.aborted) return
        this.lastReason = error instanceof Error ? error.message : String(error)
        log.error({ reason: this.lastReason, nextProbeMs: pause }, 'the probe has failed')
        onChange(this.lastReason)
      }
      await sleep(pause, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
    }
  }
}
