import type { LiveEvent, ProgressEvent } from '@atelier/contracts'
import type { LogEventRow } from '@atelier/database'

/** Somebody who watches a session: a socket or a stream. Neither function may throw. */
export interface Watcher {
  event(event: LiveEvent): void
  progress(progress: ProgressEvent): void
}

/** What a channel reads from. */
export interface ChannelSource {
  /** Events after `afterSeq` in order, at most `limit`. */
  read(afterSeq: number, limit: number): Promise<LogEventRow[]>
  present(row: LogEventRow): Promise<LiveEvent>
  /** Called when a read fails; the next wake-up tries again. */
  failed(error: unknown): void
}

const rememberedEnds = 100
const batch = 50

/**
 * All watchers of one session in this process. The log is read once for all of them, from where the slowest stands;
 * each watcher gets exactly the event after its last one, so nobody misses or repeats a number whatever the wake-ups
 * do.
 */
export class SessionChannel {
  private readonly seqOf = new Map<Watcher, number>()
  private readonly ended = new Set<string>()
  private reading = false
  private again = false

  constructor(private readonly source: ChannelSource) {}

  get size(): number {
    return this.seqOf.size
  }

  /** Adds a watcher that has seen `afterSeq`. What comes after reaches it from now on. */
  add(watcher: Watcher, afterSeq: number): void {
    this.seqOf.set(watcher, afterSeq)
    this.wake()
  }

  remove(watcher: Watcher): void {
    this.seqOf.delete(watcher)
  }

  /** The newest event has this number: reads what some watcher has not got yet. */
  wakeBehind(lastSeq: number): void {
    if (this.size && this.slowest < lastSeq) this.wake()
  }

  /** There may be new events: reads until there are none. */
  wake(): void {
    this.again = true
    if (!this.reading) void this.readAll()
  }

  /** Passes progress on, unless the generation has ended for the watchers already. */
  progress(progress: ProgressEvent): void {
    if (this.ended.has(progress.generationId)) return
    for (const watcher of this.seqOf.keys()) watcher.progress(progress)
  }

  private get slowest(): number {
    return Math.min(...this.seqOf.values())
  }

  private async readAll(): Promise<void> {
    this.reading = true
    try {
      while (this.again && this.seqOf.size) {
        this.again = false
        const rows = await this.source.read(this.slowest, batch)
        for (const row of rows) this.deliver(await this.source.present(row))
        if (rows.length === batch) this.again = true
      }
    } catch (error) {
      this.source.failed(error)
    } finally {
      this.reading = false
    }
  }

  private deliver(event: LiveEvent): void {
    this.noteEnd(event)
    for (const [watcher, seq] of this.seqOf) {
      if (event.seq !== seq + 1) continue
      this.seqOf.set(watcher, event.seq)
      watcher.event(event)
    }
  }

  private noteEnd(event: LiveEvent): void {
    if (
      event.type !== 'generation-succeeded' &&
      event.type !== 'generation-failed' &&
      event.type !== 'generation-cancelled'
    )
      return
    this.ended.add(event.generationId)
    if (this.ended.size > rememberedEnds) this.ended.delete(this.ended.values().next().value!)
  }
}
