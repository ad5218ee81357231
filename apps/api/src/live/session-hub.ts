import { isTerminal, type ProgressEvent, type SessionSnapshot } from '@atelier/contracts'
import type { OwnerRepositories, TurnRow, Wakeups } from '@atelier/database'
import type { ProgressFeed } from '@atelier/queue'
import type { FastifyBaseLogger } from 'fastify'
import type { Serializer } from '../serializer.js'
import { SessionChannel, type Watcher } from './session-channel.js'

/** How often joined sessions are read although nothing woke them, in milliseconds: wake-ups may be lost. */
const pollMs = 2000

/** What the hub is built on. */
export interface HubDeps {
  wakeups: Pick<Wakeups, 'onSessionEvents' | 'onReconnect'>
  progress: ProgressFeed
  serializer: Serializer
  logger: FastifyBaseLogger
}

/**
 * Sends live events to the watchers in this process: the database's notices wake it, the event log is what it sends, and
 * the queue's feed brings progress.
 */
export class SessionHub {
  private readonly channels = new Map<string, SessionChannel>()
  private readonly memory = new ProgressMemory()
  private readonly poll: NodeJS.Timeout

  constructor(private readonly deps: HubDeps) {
    const { wakeups } = deps
    wakeups.onSessionEvents((sessionId) => this.channels.get(sessionId)?.wake())
    wakeups.onReconnect(() => this.wakeAll())
    deps.progress.onProgress((progress) => this.progressed(progress))
    this.poll = setInterval(() => this.wakeAll(), pollMs)
    this.poll.unref()
  }

  /**
   * Sends a watcher every event after `afterSeq` and all progress, until the returned function is called. The caller
   * has checked that the session is the owner's.
   */
  watch(owner: OwnerRepositories, sessionId: string, afterSeq: number, watcher: Watcher): () => void {
    let channel = this.channels.get(sessionId)
    if (!channel) {
      channel = new SessionChannel({
        read: (seq, limit) => owner.events.list(sessionId, { afterSeq: seq, limit }),
        present: (row) => this.deps.serializer.event(row),
        failed: (error) =>
          this.deps.logger.warn({ err: error, sessionId }, 'the event log could not be read; trying again'),
      })
      this.channels.set(sessionId, channel)
    }
    const joined = channel
    joined.add(watcher, afterSeq)
    return () => {
      joined.remove(watcher)
      if (!joined.size && this.channels.get(sessionId) === joined) this.channels.delete(sessionId)
    }
  }

  /**
   * The session as it is now, what was missed since `afterSeq`, and the last steps. Null when it is not the owner's.
   */
  async snapshot(owner: OwnerRepositories, sessionId: string, afterSeq?: number): Promise<SessionSnapshot | null> {
    const row = await owner.sessions.getWithTurns(sessionId)
    if (!row) return null
    const session = await this.deps.serializer.session(row)
    const events = afterSeq === undefined ? [] : await this.missed(owner, sessionId, afterSeq, row.lastSeq)
    return { session, lastSeq: row.lastSeq, events, progress: this.memory.of(row.turns) }
  }

  /** The last step of each generation of the session that runs. */
  async running(owner: OwnerRepositories, sessionId: string): Promise<ProgressEvent[]> {
    return this.memory.of((await owner.sessions.getWithTurns(sessionId))?.turns ?? [])
  }

  close(): void {
    clearInterval(this.poll)
    this.channels.clear()
  }

  private async missed(
    owner: OwnerRepositories,
    sessionId: string,
    afterSeq: number,
    lastSeq: number,
  ): Promise<SessionSnapshot['events']> {
    const events: SessionSnapshot['events'] = []
    for (let seq = afterSeq; seq < lastSeq;) {
      const rows = (await owner.events.list(sessionId, { afterSeq: seq })).filter((row) => row.seq <= lastSeq)
      if (!rows.length) break
      events.push(...(await this.deps.serializer.all(rows, (row) => this.deps.serializer.event(row))))
      seq = rows.at(-1)!.seq
    }
    return events
  }

  private progressed(progress: ProgressEvent): void {
    this.memory.note(progress)
    this.channels.get(progress.sessionId)?.progress(progress)
  }

  private wakeAll(): void {
    for (const channel of this.channels.values()) channel.wake()
  }
}

/** Most generations whose progress is remembered. */
const mostRemembered = 1000

/** The last step of each generation that runs somewhere, with its preview, for those who join in the middle. */
class ProgressMemory {
  private readonly last = new Map<string, ProgressEvent>()

  /** Remembers a step; the generation silent for longest is forgotten when there are too many. */
  note(progress: ProgressEvent): void {
    this.last.delete(progress.generationId)
    this.last.set(progress.generationId, progress)
    if (this.last.size > mostRemembered) this.last.delete(this.last.keys().next().value!)
  }

  /** The last step of each running generation of these turns: as reported here, else as the database has it. */
  of(turns: readonly TurnRow[]): ProgressEvent[] {
    return turns
      .flatMap((turn) => turn.generations)
      .flatMap((row) => {
        if (isTerminal(row.status)) this.last.delete(row.id)
        if (row.status !== 'running') return []
        const { id: generationId, sessionId, turnId, attempt, step, steps } = row
        const heard = this.last.get(generationId)
        if (heard && heard.attempt === attempt && heard.step >= step) return [heard]
        return step > 0 ? [{ sessionId, turnId, generationId, attempt, step, steps }] : []
      })
  }
}
