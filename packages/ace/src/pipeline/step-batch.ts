import { GenerationAbortedError, OutOfMemoryError } from '../errors.js'

/** How runs of a graph for several generations become one run. */
export interface Joining<Inputs, Outputs> {
  /** Runs can become one if this is equal, too; default: all can. */
  kind?(inputs: Inputs): string
  /** The inputs of all in one; valid until the next call. */
  join(inputs: readonly Inputs[]): Inputs
  /** The outputs of each. */
  split(outputs: Outputs, inputs: readonly Inputs[]): Outputs[]
  /** Frees what was kept between calls. */
  clear(): void
}

/** A graph that a batch runs. */
export interface BatchedGraph<Inputs, Outputs> {
  run(inputs: Inputs): Promise<Outputs>
  release(): Promise<void>
}

/** How many generations share a run. */
export interface BatchLimits {
  /** Generations, at least 1. */
  most: number
  /** Tokens of all their passes. One generation may always run, however many it has. */
  mostTokens: number
  /** How long the first run of a generation waits for others while they could join it, in milliseconds. */
  waitMs: number
}

/** What a batch knows of a generation. */
export interface Member {
  /** Generations share runs if this is equal: frames and their sizes. */
  layout: string
  /** Tokens of all its passes. */
  tokens: number
  /** Whether its first run waits for others; see `BatchLimits.waitMs`. Default true. */
  waits?: boolean
  signal?: AbortSignal | undefined
}

/** A generation that samples; the oldest one is the first of its batch. */
interface Seat<Inputs, Outputs> extends Member {
  /** The run that it waits for; undefined between two runs. */
  asked?: { inputs: Inputs; at: number; resolve(outputs: Outputs): void; reject(error: unknown): void } | undefined
  runs: number
  /** Most generations that one of its runs was for. */
  largest: number
}

/** How long a run waits for members of its batch that are between two runs, where previews are made, in milliseconds. */
const lagMs = 50

/**
 * Runs a graph for several generations at once. They join and leave it between any two runs.
 *
 * Who is in the next run is decided by age: the oldest generation, then those after it, up to the first that has another
 * layout or no room. So a generation waits only for older ones, at most until they have ended.
 */
export class StepBatch<Inputs, Outputs> {
  private readonly seats = new Set<Seat<Inputs, Outputs>>()
  private timer: NodeJS.Timeout | undefined
  private turn: NodeJS.Immediate | undefined
  private running = false
  /** When the next run was first looked for; undefined: not yet since the last one. */
  private lookedAt: number | undefined

  constructor(
    private readonly graph: BatchedGraph<Inputs, Outputs>,
    private readonly joining: Joining<Inputs, Outputs>,
    private readonly limits: BatchLimits,
  ) {}

  /**
   * Gives a generation its place while `work` runs the graph. A run rejects with `GenerationAbortedError` when the member's
   * signal is aborted while it waits, and with what the graph throws for this member alone: a run that fails for several
   * is repeated for each by itself.
   *
   * @returns most generations that one of its runs was for, this one included
   */
  async during(member: Member, work: (graph: { run(inputs: Inputs): Promise<Outputs> }) => Promise<void>) {
    const seat: Seat<Inputs, Outputs> = { ...member, runs: 0, largest: 1 }
    this.seats.add(seat)
    try {
      await work({ run: (inputs) => this.ask(seat, inputs) })
      return seat.largest
    } finally {
      this.seats.delete(seat)
      if (this.seats.size === 0) {
        this.joining.clear()
        await this.graph.release()
      } else this.look()
    }
  }

  private ask(seat: Seat<Inputs, Outputs>, inputs: Inputs): Promise<Outputs> {
    const stop = () => {
      seat.asked?.reject(new GenerationAbortedError('the next step'))
      seat.asked = undefined
    }
    seat.signal?.addEventListener('abort', stop, { once: true })
    return new Promise<Outputs>((resolve, reject) => {
      seat.asked = { inputs, at: performance.now(), resolve, reject }
      this.look()
    }).finally(() => seat.signal?.removeEventListener('abort', stop))
  }

  /** The oldest of some seats and those after it that can share its run. */
  private batchOf(seats: readonly Seat<Inputs, Outputs>[]): Seat<Inputs, Outputs>[] {
    let tokens = 0
    const end = seats.findIndex(
      (seat, index) =>
        index > 0 &&
        (seat.layout !== seats[0]!.layout ||
          index === this.limits.most ||
          (tokens += seat.tokens) + seats[0]!.tokens > this.limits.mostTokens),
    )
    return end < 0 ? [...seats] : seats.slice(0, end)
  }

  /** Looks for the next run once everybody who asks in this turn of the event loop has asked. */
  private look(): void {
    this.turn ??= setImmediate(() => {
      this.turn = undefined
      this.next()
    })
  }

  /** Begins the next run, unless somebody is worth waiting for. */
  private next(): void {
    clearTimeout(this.timer)
    const seats = [...this.seats]
    const asking = seats.filter(({ asked }) => asked)
    if (this.running || asking.length === 0) return
    const batch = this.batchOf(seats)
    // not when the last run ended: the process may have been held up since, and with it those who are between two runs
    this.lookedAt ??= performance.now()
    const first = Math.min(...asking.map(({ asked }) => asked!.at))
    const late = batch.some(({ asked }) => !asked)
    // one more like the oldest could join: there is room, and nobody who cannot stands in between
    const open = this.batchOf([...seats, seats[0]!]).length > seats.length
    const alone = open && batch.every(({ runs, waits = true }) => waits && runs === 0)
    const begin = Math.max(late ? Math.max(first, this.lookedAt) + lagMs : 0, alone ? first + this.limits.waitMs : 0)
    const pause = begin - performance.now()
    // rounded up: a timer may come a moment early
    if (pause > 0) this.timer = setTimeout(() => this.next(), Math.ceil(pause))
    else void this.run(this.batchOf(asking))
  }

  private async run(batch: readonly Seat<Inputs, Outputs>[]): Promise<void> {
    this.running = true
    const kinds = batch.map(({ asked }) => this.joining.kind?.(asked!.inputs))
    for (const kind of new Set(kinds))
      await this.runTogether(batch.filter(({ asked }, index) => asked && kinds[index] === kind))
    this.running = false
    this.lookedAt = undefined
    this.look()
  }

  private async runTogether(seats: readonly Seat<Inputs, Outputs>[]): Promise<void> {
    const asked = seats.map((seat) => {
      const run = seat.asked!
      seat.asked = undefined
      return run
    })
    const inputs = asked.map((run) => run.inputs)
    if (seats.length > 1) {
      try {
        const outputs = this.joining.split(await this.graph.run(this.joining.join(inputs)), inputs)
        for (const [index, seat] of seats.entries())
          this.answer(seat, seats.length, () => asked[index]!.resolve(outputs[index]!))
        return
      } catch (error) {
        const tokens = seats.reduce((sum, seat) => sum + seat.tokens, 0)
        if (error instanceof OutOfMemoryError) this.limits.mostTokens = Math.floor(tokens / 2)
      }
    }
    for (const [index, seat] of seats.entries()) {
      const { resolve, reject } = asked[index]!
      await this.graph.run(inputs[index]!).then((outputs) => this.answer(seat, 1, () => resolve(outputs)), reject)
    }
  }

  private answer(seat: Seat<Inputs, Outputs>, size: number, resolve: () => void): void {
    seat.runs++
    seat.largest = Math.max(seat.largest, size)
    resolve()
  }
}
