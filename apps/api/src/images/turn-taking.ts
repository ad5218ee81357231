/** Lets at most `most` tasks run at once; the others wait their turn, first come first served. */
export class TurnTaking {
  private free: number
  private readonly waiting: (() => void)[] = []

  constructor(most: number) {
    this.free = most
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free -= 1
    else
      await new Promise<void>((resolve) => {
        this.waiting.push(resolve)
      })
    try {
      return await task()
    } finally {
      const next = this.waiting.shift()
      if (next) next()
      else this.free += 1
    }
  }
}
