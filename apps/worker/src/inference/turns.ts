import { orAborted } from '@atelier/service'

/** How work wants its turn. */
export interface TurnOptions {
  /** Nothing else may run meanwhile. */
  alone?: boolean
  /** Before all that wait. */
  first?: boolean
  signal?: AbortSignal
}

/** Lets work run at once, and alone where it must, in the order in which it comes: neither kind waits for ever. */
export class Turns {
  private readonly waiting: { alone: boolean; begin(): void }[] = []
  private count = 0
  private alone = false

  /** How many have their turn. */
  get running(): number {
    return this.count
  }

  /**
   * Does work in its turn.
   *
   * @throws what the work throws; the signal's reason when it is aborted before the turn comes
   */
  async take<T>(work: () => Promise<T>, { alone = false, first = false, signal }: TurnOptions = {}): Promise<T> {
    signal?.throwIfAborted()
    const turn = { alone, begin: () => {} }
    const begun = new Promise<void>((resolve) => (turn.begin = resolve))
    if (first) this.waiting.unshift(turn)
    else this.waiting.push(turn)
    this.next()
    try {
      await (signal ? orAborted(begun, signal) : begun)
    } catch (error) {
      const index = this.waiting.indexOf(turn)
      if (index >= 0) this.waiting.splice(index, 1)
      else this.end()
      this.next()
      throw error
    }
    try {
      return await work()
    } finally {
      this.end()
      this.next()
    }
  }

  private end(): void {
    this.count--
    this.alone = false
  }

  private next(): void {
    for (let turn = this.waiting[0]; turn && !this.alone && !(turn.alone && this.count > 0); turn = this.waiting[0]) {
      this.waiting.shift()
      this.count++
      this.alone = turn.alone
      turn.begin()
    }
  }
}
