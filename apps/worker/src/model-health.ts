import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@atelier/service'

/** Failures in a row, each of which may be the worker's, after which it takes no work until it has proved itself. */
const mostInARow = 3
/** First pause after a probe that failed, in milliseconds; doubles up to a minute. */
const firstPauseMs = 5_000
const longestPauseMs = 60_000

/** What a {@link ModelHealth} needs. */
export interface ModelHealthOptions {
  /** Makes a small picture with a model folder in a fresh process. */
  probe(folder: string): Promise<void>
  /** Called when the worker must take no more work, and with null when it may again. */
  onChange(reason: string | null): void
  log: Logger
  /** Default 5 s. */
  firstPauseMs?: number
}

/**
 * Whether this worker can make pictures: a circuit breaker. One that is broken ends jobs faster than those that work, so
 * it would get most of them. After {@link mostInARow} failures in a row it steps back and probes its model, at once and
 * then again and again; a probe that succeeds brings it back. So jobs that fail everywhere cost one probe.
 */
export class ModelHealth {
  private inARow = 0
  private lastReason: string | null = null
  private readonly closing = new AbortController()
  private probing: Promise<void> | undefined

  constructor(private readonly options: ModelHealthOptions) {}

  /** Why the worker takes no work; null when it does. */
  get reason(): string | null {
    return this.lastReason
  }

  /** A generation was made. */
  succeeded(): void {
    this.inARow = 0
  }

  /**
   * A generation failed in a way that may be the worker's fault.
   *
   * @param reason - what failed, as a sentence
   * @param folder - of its model
   */
  failed(reason: string, folder: string): void {
    this.inARow += 1
    if (this.inARow < mostInARow || this.probing || this.closing.signal.aborted) return
    this.stepBack(reason)
    this.probing = this.probeUntilWell(folder).finally(() => {
      this.probing = undefined
    })
  }

  /** Ends the pauses between probes; a probe that is under way ends with its process. */
  close(): void {
    this.closing.abort()
  }

  private stepBack(reason: string): void {
    this.options.log.error({ reason }, 'the worker steps back: generations fail on it one after another')
    this.lastReason = reason
    this.options.onChange(reason)
  }

  private async probeUntilWell(folder: string): Promise<void> {
    const { probe, onChange, log } = this.options
    const { signal } = this.closing
    for (let pause = this.options.firstPauseMs ?? firstPauseMs; ; pause = Math.min(2 * pause, longestPauseMs)) {
      try {
        await probe(folder)
        if (signal.aborted) return
        this.inARow = 0
        this.lastReason = null
        log.warn('the worker made a small picture and takes work again')
        return onChange(null)
      } catch (error) {
        if (signal.aborted) return
        this.lastReason = error instanceof Error ? error.message : String(error)
        log.error({ reason: this.lastReason, nextProbeMs: pause }, 'the worker still cannot make a picture')
        onChange(this.lastReason)
      }
      await sleep(pause, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
    }
  }
}
