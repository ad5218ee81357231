import { randomUUID } from 'node:crypto'
import { AtelierError } from '@atelier/contracts'
import {
  openConsumer,
  openProgressFeed,
  openQueue,
  type ConsumerOptions,
  type GenerationConsumer,
  type GenerationHandler,
  type GenerationQueue,
  type ProgressFeed,
} from '../src/index.js'

/** A queue of its own for one test, and everything that was opened on it. */
export class QueueHarness {
  readonly options: { url: string; name: string; onError: (error: Error) => void }
  /** Errors that parts told of. */
  readonly errors: Error[] = []
  private readonly parts: { close(): Promise<void> }[] = []

  constructor(url: string) {
    this.options = { url, name: `test-${randomUUID()}`, onError: (error) => this.errors.push(error) }
  }

  async queue(): Promise<GenerationQueue> {
    return this.keep(await openQueue(this.options))
  }

  /** A queue whose calls are made again when they had no answer in 2 s, as on a machine that stood still. */
  async patientQueue(): Promise<GenerationQueue> {
    const queue = await this.queue()
    const isAway = (error: unknown) => error instanceof AtelierError && error.code === 'unavailable'
    const twice =
      <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
      (...args: A): Promise<R> =>
        call.apply(queue, args).catch((error: unknown) => {
          if (!isAway(error)) throw error
          return call.apply(queue, args)
        })
    return {
      add: twice(queue.add),
      has: twice(queue.has),
      remove: twice(queue.remove),
      counts: twice(queue.counts),
      pause: twice(queue.pause),
      resume: twice(queue.resume),
      drain: twice(queue.drain),
      check: twice(queue.check),
      onBoard: (use) => queue.onBoard(use),
      close: () => queue.close(),
    }
  }

  async feed(): Promise<ProgressFeed> {
    return this.keep(await openProgressFeed(this.options))
  }

  /** A consumer with short times, but for the lock, which would be lost while the machine stands still. */
  async consumer(handler: GenerationHandler, options: Partial<ConsumerOptions> = {}): Promise<GenerationConsumer> {
    return this.keep(
      await openConsumer({ ...this.options, backoffMs: 50, lockMs: 30_000, stalledCheckMs: 500, ...options }, handler),
    )
  }

  async close(): Promise<void> {
    await Promise.all(this.parts.map((part) => part.close()))
  }

  private keep<T extends { close(): Promise<void> }>(part: T): T {
    this.parts.push(part)
    return part
  }
}
