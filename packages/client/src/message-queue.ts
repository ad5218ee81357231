/** What is pushed on one side can be iterated over on the other, in order. */
export class MessageQueue<T> implements AsyncIterable<T, void, undefined> {
  private readonly waiting: T[] = []
  private ending: { error?: unknown } | undefined
  private wake = () => {}

  /** @param replaces - which waiting message a new one makes out of date; it gives its place up */
  constructor(private readonly replaces: (older: T, newer: T) => boolean = () => false) {}

  push(message: T): void {
    const old = this.waiting.findIndex((older) => this.replaces(older, message))
    if (old >= 0) this.waiting.splice(old, 1)
    this.waiting.push(message)
    this.wake()
  }

  /** Ends the iteration behind what waits, with an error if there is one. */
  end(ending: { error?: unknown } = {}): void {
    this.ending ??= ending
    this.wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      while (this.waiting.length) yield this.waiting.shift()!
      if (this.ending && 'error' in this.ending) throw this.ending.error
      if (this.ending) return
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
  }
}
