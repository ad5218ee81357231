import type { CallOptions } from './atelier-options.js'
import { pause } from './pause.js'
import { isTransient } from './retry.js'
import type { SessionEvents } from './session-events.js'
import type { GenerationSummary, LogEvent, ProgressEvent, SessionWithTurns } from './wire-types.js'

/** A conversation as it is now. Every change is a new object. */
export interface SessionViewState {
  /** With the newest turns of its path; undefined until it has been read. */
  session: SessionWithTurns | undefined
  /** The last step of each running generation, by its id. */
  progress: Readonly<Record<string, ProgressEvent>>
  /** Whether changes arrive at this moment. A lost connection is made again. */
  connected: boolean
  /** It has ended: the key was refused, or there is no such session. A server that is away is waited for instead. */
  error: Error | undefined
}

/** How long to wait before a session is read again that could not be read, in milliseconds: longer each time, up to a bound. */
const firstWaitMs = 1_000
const longestWaitMs = 30_000

/** What a view needs of an `Atelier`. */
interface Source {
  sessions: { get(id: string, options?: CallOptions): Promise<SessionWithTurns> }
  events(sessionId: string): SessionEvents
}

const without = (progress: SessionViewState['progress'], id: string) =>
  Object.fromEntries(Object.entries(progress).filter(([key]) => key !== id))

/** What an event changes in its generation; undefined: more than that has changed. */
function changeOf({ type, payload }: LogEvent): Partial<GenerationSummary> | undefined {
  switch (type) {
    case 'generation-started':
      return { status: 'running', attempt: payload.attempt, steps: payload.steps, step: 0 }
    case 'generation-succeeded':
      return { status: 'succeeded', images: payload.images }
    case 'generation-failed':
      return { status: 'failed', error: payload.error }
    case 'generation-cancelled':
      return { status: 'cancelled' }
    default:
      return undefined
  }
}

/**
 * A conversation that keeps itself up to date while somebody listens: read once, then changed by its live events. For user
 * interfaces; React's is `useAtelierSession` of `@atelier/client/react`.
 *
 * @example
 * const view = new SessionView(atelier, session.id)
 * const stop = view.subscribe(() => console.log(view.state.session?.turns.length))
 */
export class SessionView {
  private current: SessionViewState = { session: undefined, progress: {}, connected: false, error: undefined }
  private readonly listeners = new Set<() => void>()
  private events: SessionEvents | undefined
  private stopping = new AbortController()
  private heard = 0
  /** That of the connection for which the session is being read. */
  private reading: AbortSignal | undefined

  constructor(
    private readonly atelier: Source,
    readonly sessionId: string,
  ) {}

  get state(): SessionViewState {
    return this.current
  }

  /** Calls a listener after each change. The first one opens the connection, the last one that goes closes it. @returns what ends it */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    if (!this.events) this.open()
    return () => {
      this.listeners.delete(listener)
      if (!this.listeners.size) this.close()
    }
  }

  private open(): void {
    const events = this.atelier.events(this.sessionId)
    this.events = events
    this.stopping = new AbortController()
    events.on('snapshot', ({ reset, session, progress }) => {
      // A database that was restored has fewer events than have been heard of.
      this.heard = reset ? session.lastSeq : Math.max(this.heard, session.lastSeq)
      const steps = Object.fromEntries(progress.map((step) => [step.generationId, step]))
      this.set({ session, progress: steps, error: undefined })
    })
    events.on('event', (event) => this.apply(event))
    events.on('progress', (step) => this.set({ progress: { ...this.current.progress, [step.generationId]: step } }))
    events.on('connected', (connected) => this.set({ connected }))
    events.on('error', (error) => this.fail(error))
  }

  private fail(error: Error): void {
    this.stopping.abort()
    this.events?.close()
    this.set({ error, connected: false })
  }

  private close(): void {
    this.stopping.abort()
    this.events?.close()
    this.events = undefined
    this.current = { ...this.current, connected: false }
  }

  private set(change: Partial<SessionViewState>): void {
    this.current = { ...this.current, ...change }
    for (const listener of this.listeners) listener()
  }

  private apply(event: LogEvent): void {
    this.heard = Math.max(this.heard, event.seq)
    const { session } = this.current
    const change = changeOf(event)
    const id = 'generationId' in event.payload ? event.payload.generationId : undefined
    // its steps are of the past, whether it is shown or not
    const over = change && id !== undefined && id in this.current.progress
    const progress = over ? without(this.current.progress, id) : this.current.progress
    const known = session?.turns.some(({ generations }) => generations.some((generation) => generation.id === id))
    const cameWithIt = session && event.seq <= session.lastSeq
    if (cameWithIt || !session || !change || !known) {
      if (over) this.set({ progress })
      if (!cameWithIt) void this.read()
      return
    }
    const turns = session.turns.map((turn) => ({
      ...turn,
      generations: turn.generations.map((generation) =>
        generation.id === id ? { ...generation, ...change } : generation,
      ),
    }))
    // while it is being read something before this event is missing
    const lastSeq = this.reading === this.stopping.signal ? session.lastSeq : event.seq
    this.set({ session: { ...session, lastSeq, turns }, progress })
  }

  /** Reads the session, again while there is news that it lacks, and until the server answers. */
  private async read(): Promise<void> {
    const { signal } = this.stopping
    if (this.reading === signal) return
    this.reading = signal
    try {
      let session: SessionWithTurns | undefined
      for (let pauses = 0; !session || session.lastSeq < this.heard;) {
        const { heard } = this
        try {
          session = await this.atelier.sessions.get(this.sessionId, { signal })
          // more has happened while it was read
          if (session.lastSeq >= heard) continue
        } catch (error) {
          if (!isTransient(error)) throw error
        }
        await pause(Math.min(longestWaitMs, firstWaitMs * 2 ** pauses++), signal)
      }
      if (!signal.aborted) this.set({ session })
    } catch (error) {
      if (!signal.aborted) this.fail(error as Error)
    } finally {
      if (this.reading === signal) this.reading = undefined
    }
  }
}
