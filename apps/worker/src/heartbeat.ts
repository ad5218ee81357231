/** Time between two reports of a worker, in milliseconds; it counts as gone after 30 s of silence. */
export const heartbeatMs = 5000

/** Calls `beat` regularly and on demand, one at a time; a beat that fails is followed by the next as usual. */
export class Heartbeat {
  readonly #timer: NodeJS.Timeout
  #beating: Promise<void> | undefined
  #again = false
  #stopped = false

  /**
   * @param beat - what a beat does
   * @param onError - told of each beat that failed
   */
  constructor(
    private readonly beat: () => Promise<void>,
    private readonly onError: (error: unknown) => void,
    everyMs = heartbeatMs,
  ) {
    this.#timer = setInterval(() => this.now(), everyMs)
  }

  /** Beats at once, or right after the beat that is under way. */
  now(): void {
    if (this.#stopped) return
    this.#again = true
    this.#beating ??= this.#run().finally(() => {
      this.#beating = undefined
    })
  }

  /** Settles when no beat is under way; none follows. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#stopped = true
    await this.#beating
  }

  async #run(): Promise<void> {
    while (this.#again) {
      this.#again = false
      await this.beat().catch(this.onError)
    }
  }
}
