import type { ProgressEvent, SessionSnapshot } from '@atelier/contracts'
import type { Database, GenerationSummaryRow, OwnerRepositories, Wakeups } from '@atelier/database'
import type { ProgressFeed } from '@atelier/queue'
import type { FastifyBaseLogger } from 'fastify'
import type { Serializer } from '../serializer.js'
import { SessionChannel, type Watcher } from './session-channel.js'

/** How often joined sessions are looked at although nothing woke them, in milliseconds: wake-ups may be lost. */
const pollMs = 2000
/** Sessions whose newest event one query asks for. */
const polledAtOnce = 1000

/** How many turns a snapshot has, and how many missed events it sends again. */
const snapshotTurns = 50
const mostMissed = 200

/** What the hub is built on. */
export interface HubDeps {
  database: Pick<Database, 'lastSeqs'>
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
  private looking = false

  constructor(private readonly deps: HubDeps) {
    const { wakeups } = deps
    wakeups.onSessionEvents((sessionId) => this.channels.get(sessionId)?.wake())
    wakeups.onReconnect(() => void this.look())
    deps.progress.onProgress((progress) => this.progressed(progress))
    this.poll = setInterval(() => void this.look(), pollMs)
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
   * The session as it is now with its newest turns, what was missed since `afterSeq`, and the last steps. Whoever missed
   * more than {@link mostMissed} events begins anew instead, and so does who saw events that are not there: the database is
   * an older copy. Null when it is not the owner's.
   */
  async snapshot(owner: OwnerRepositories, sessionId: string, afterSeq?: number): Promise<SessionSnapshot | null> {
    const row = await owner.sessions.getWithTurns(sessionId, { limit: snapshotTurns })
    if (!row) return null
    const { lastSeq } = row.session
    const reset = afterSeq !== undefined && (afterSeq > lastSeq || lastSeq - afterSeq > mostMissed)
    const events = afterSeq === undefined || reset ? [] : await this.missed(owner, sessionId, afterSeq, lastSeq)
    const [session, progress] = [await this.deps.serializer.session(row), await this.running(owner, sessionId)]
    return { session, lastSeq, reset, events, progress }
  }

  /** The last step of each generation of the session that runs. */
  async running(owner: OwnerRepositories, sessionId: string): Promise<ProgressEvent[]> {
    return this.memory.of(await owner.generations.running(sessionId))
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
    const rows = await owner.events.list(sessionId, { afterSeq, limit: mostMissed })
    return this.deps.serializer.all(
      rows.filter(({ seq }) => seq <= lastSeq),
      (row) => this.deps.serializer.event(row),
    )
  }

  private progressed(progress: ProgressEvent): void {
    this.memory.note(progress)
    this.channels.get(progress.sessionId)?.progress(progress)
  }

  /** Wakes the channels that have missed a wake-up; one query for all, because most sessions are idle. */
  private async look(): Promise<void> {
    if (this.looking) return
    this.looking = true
    const ids = [...this.channels.keys()]
    try {
      for (let at = 0; at < ids.length; at += polledAtOnce) {
        const newest = await this.deps.database.lastSeqs(ids.slice(at, at + polledAtOnce))
        for (const [id, lastSeq] of newest) this.channels.get(id)?.wakeBehind(lastSeq)
      }
    } catch (error) {
      this.deps.logger.warn({ err: error as unknown }, 'the event logs could not be looked at; trying again')
    } finally {
      this.looking = false
    }
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

  /** The last step of each of these running generations: as reported here, else as the database has it. */
  of(running: readonly GenerationSummaryRow[]): ProgressEvent[] {
    return running.flatMap(({ id: generationId, sessionId, turnId, attempt, step, steps }) => {
      const heard = this.last.get(generationId)
      if (heard && heard.attempt === attempt && heard.step >= step) return [heard]
      return step > 0 ? [{ sessionId, turnId, generationId, attempt, step, steps }] : []
    })
  }
}
