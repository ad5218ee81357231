import { setTimeout as sleep } from 'node:timers/promises'
import { AtelierError } from '@atelier/contracts'
import { withTimeout } from '@atelier/service'
import { callTimeoutMs, closeQuietly, untilReady, type Part } from './deadlines.js'
import type { QueueOptions } from './generation-queue.js'

/** First and longest pause between two tries to open, in milliseconds. */
const firstPauseMs = 250
const longestPauseMs = 2_000

/** How a {@link PatientPart} is opened. */
interface PatientOptions<T> extends Pick<QueueOptions, 'onError' | 'patient'> {
  /** Makes a new one of BullMQ's classes; once it was ready, it connects again by itself. */
  make(): T
}

/** The options that a {@link PatientPart} takes from those of a queue. */
export const patience = ({ onError, patient }: QueueOptions): Pick<QueueOptions, 'onError' | 'patient'> => ({
  ...(onError && { onError }),
  ...(patient && { patient }),
})

/** One of BullMQ's classes on a backend that may not be there yet: one that failed to open stays dead, so it is made anew. */
export class PatientPart<T extends Part> {
  private part: T | undefined
  private readonly waiting: ((part: T) => void)[] = []
  private readonly closing = new AbortController()

  constructor(private readonly options: PatientOptions<T>) {}

  /**
   * Settles after the first try; a patient one after 2 s of it.
   *
   * @throws AtelierError `unavailable` when that failed and is final
   */
  async open(): Promise<void> {
    const first = this.tryOnce()
    if (!this.options.patient) return first
    void this.tryAgain(first)
    await withTimeout(callTimeoutMs, first).catch(() => {})
  }

  /** @throws AtelierError `unavailable` while it is not open */
  get current(): T {
    if (this.part) return this.part
    throw new AtelierError('unavailable', 'The queue does not answer.')
  }

  /** Calls back with the part as soon as it is open, maybe now. */
  whenOpen(use: (part: T) => void): void {
    if (this.part) use(this.part)
    else this.waiting.push(use)
  }

  async close(): Promise<void> {
    this.closing.abort()
    if (this.part) await closeQuietly(this.part)
  }

  private async tryOnce(): Promise<void> {
    const part = this.options.make()
    part.on('error', (error: Error) => this.options.onError?.(error))
    try {
      await untilReady(part)
    } catch (error) {
      await closeQuietly(part)
      throw error
    }
    if (this.closing.signal.aborted) return closeQuietly(part)
    this.part = part
    for (const use of this.waiting) use(part)
  }

  private async tryAgain(first: Promise<void>): Promise<void> {
    const { signal } = this.closing
    const failed = () => true
    let again = await first.then(() => false, failed)
    for (let pause = firstPauseMs; again && !signal.aborted; pause = Math.min(2 * pause, longestPauseMs)) {
      await sleep(pause, undefined, { signal }).catch(() => {})
      if (!signal.aborted) again = await this.tryOnce().then(() => false, failed)
    }
  }
}
