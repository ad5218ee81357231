import { randomUUID } from 'node:crypto'
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

  async feed(): Promise<ProgressFeed> {
    return this.keep(await openProgressFeed(this.options))
  }

  /** A consumer with short times. */
  async consumer(handler: GenerationHandler, options: Partial<ConsumerOptions> = {}): Promise<GenerationConsumer> {
    return this.keep(
      await openConsumer({ ...this.options, backoffMs: 50, lockMs: 2_000, stalledCheckMs: 500, ...options }, handler),
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
