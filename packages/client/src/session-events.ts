import type { LiveEvent, LogEvent, LogEventName, ProgressEvent, SessionSnapshot } from './wire-types.js'
import { io, type Socket } from 'socket.io-client'
import { AtelierApiError, errorBodyOf } from './errors.js'
import { MessageQueue } from './message-queue.js'

/** What can be heard of a session, by name. */
export type SessionEventMap = { [N in LogEventName]: Extract<LogEvent, { type: N }> } & {
  /** Every event of the log in order of `seq`, without gaps or repeats; also under its own name. */
  event: LogEvent
  /** A finished step of a running generation. */
  progress: ProgressEvent
  /**
   * The session with its newest turns when this joined (and each time it joined again). With `reset`, too much was missed
   * to be heard event by event: the snapshot takes its place.
   */
  snapshot: SessionSnapshot
  /** True: events arrive; false: the connection is lost and will be made again. */
  connected: boolean
  /** This has ended and will not connect again: the key was refused, or the session is not yours. */
  error: AtelierApiError
}

/** What the iteration over a session's events yields. */
export type SessionMessage =
  | LogEvent
  /** A finished step; of those that nobody has read yet, the newest one of each generation. */
  | { type: 'generation-progress'; payload: ProgressEvent }
  /** Too much was missed to be told event by event: what the session is now. */
  | { type: 'reset'; payload: SessionSnapshot }

const outdated = (older: SessionMessage, newer: SessionMessage): boolean =>
  older.type === 'generation-progress' &&
  newer.type === 'generation-progress' &&
  older.payload.generationId === newer.payload.generationId

// A list of our own, because the contracts' would bring zod into browsers; its type lets no name be missing.
const logEventNames = Object.keys({
  'turn-created': true,
  'generation-queued': true,
  'generation-started': true,
  'generation-succeeded': true,
  'generation-failed': true,
  'generation-cancelled': true,
  'turn-deleted': true,
} satisfies Record<LogEventName, true>) as LogEventName[]
/** Refusals that another try would only repeat. */
const finalRefusals = new Set(['not_found', 'unauthorized', 'forbidden', 'invalid_request'])
/** How long the server may take to answer a join, and how long to wait before another try, in milliseconds. */
const joinTimeoutMs = 10_000
const retryMs = 1_000

/** Where the live connection goes. */
interface SocketOptions {
  url: string
  /** Undefined: the browser's cookie signs in. */
  token: string | undefined
}

/** A connection of its own to the API's Socket.IO; an address with a path is one behind a proxy that adds it. */
function openSocket({ url, token }: SocketOptions): Socket {
  const { origin, pathname } = new URL(url)
  return io(origin, {
    path: `${pathname.replace(/\/+$/, '')}/socket.io`,
    auth: token === undefined ? {} : { token },
    forceNew: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: 5_000,
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
  })
}

/** Listeners by event name. A listener that throws does not keep the others from being called. */
class Emitter<Events extends object> {
  private readonly listeners = new Map<keyof Events, Set<(value: never) => void>>()

  /** Adds a listener. @returns what removes it */
  on<Name extends keyof Events>(name: Name, listener: (value: Events[Name]) => void): () => void {
    const set = this.listeners.get(name) ?? new Set()
    this.listeners.set(name, set.add(listener))
    return () => void set.delete(listener)
  }

  protected emit<Name extends keyof Events>(name: Name, value: Events[Name]): void {
    for (const listener of this.listeners.get(name) ?? []) {
      try {
        listener(value as never)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}

/**
 * The live events of one session. After a lost connection it joins again from the last event that was heard, so nothing
 * is missed or heard twice, whichever API process answers. After a very long absence a `snapshot` with `reset` stands for
 * what was missed. Listen with `on`, or iterate; leaving the loop closes the connection.
 *
 * @example
 * for await (const { type, payload } of atelier.events(session.id, { afterSeq: session.lastSeq })) {
 *   if (type === 'generation-succeeded') console.log(payload.images)
 * }
 */
export class SessionEvents extends Emitter<SessionEventMap> implements AsyncIterable<SessionMessage, void, undefined> {
  private readonly socket: Socket
  private readonly queues = new Set<MessageQueue<SessionMessage>>()
  /** What comes before it is clear whether somebody iterates. */
  private early: MessageQueue<SessionMessage> | undefined
  private seq: number | undefined
  private joined = false
  private closed = false
  private readonly stop = () => this.end({ error: this.signal!.reason as unknown })

  /**
   * @param afterSeq - hear what came after this event; default: what comes from now on
   * @param signal - closes it; an iteration then throws the signal's reason
   */
  constructor(
    options: SocketOptions,
    private readonly sessionId: string,
    afterSeq?: number,
    private readonly signal?: AbortSignal,
  ) {
    super()
    this.seq = afterSeq
    this.early = this.newQueue()
    this.socket = openSocket(options)
    if (signal?.aborted) this.stop()
    else signal?.addEventListener('abort', this.stop, { once: true })
    this.socket.on('connect', () => this.join())
    this.socket.on('disconnect', (reason) => {
      this.setJoined(false)
      // socket.io connects again by itself unless the server closed the connection, as an API process does at its end
      if (reason === 'io server disconnect') this.later(() => void this.socket.connect())
    })
    this.socket.on('connect_error', (error: Error & { data?: unknown }) => this.refused(error))
    for (const name of logEventNames) this.socket.on(name, (event: LiveEvent) => this.heard(event))
    this.socket.on('generation-progress', (progress: ProgressEvent) => {
      if (this.joined && progress.sessionId === this.sessionId) this.progressed(progress)
    })
  }

  /** `seq` of the last event heard; undefined before the first connection. */
  get lastSeq(): number | undefined {
    return this.seq
  }

  /** Connects again at once, without the waits between tries: for whoever knows that the network is back. */
  reconnect(): void {
    if (this.closed) return
    this.socket.disconnect()
    this.socket.connect()
  }

  /** Ends it; nothing is heard afterwards. */
  close(): void {
    this.end()
  }

  override on<Name extends keyof SessionEventMap>(
    name: Name,
    listener: (value: SessionEventMap[Name]) => void,
  ): () => void {
    this.forget(this.early)
    return super.on(name, listener)
  }

  /** What is heard from the opening on (a second time: from now on), until it is closed. @throws AtelierApiError as `error` */
  async *[Symbol.asyncIterator](): AsyncGenerator<SessionMessage, void, undefined> {
    const queue = this.early ?? this.newQueue()
    this.early = undefined
    try {
      yield* queue
    } finally {
      this.forget(queue)
      this.close()
    }
  }

  private newQueue(): MessageQueue<SessionMessage> {
    const queue = new MessageQueue(outdated)
    this.queues.add(queue)
    if (this.closed) queue.end()
    return queue
  }

  private forget(queue: MessageQueue<SessionMessage> | undefined): void {
    if (queue) this.queues.delete(queue)
    if (queue === this.early) this.early = undefined
  }

  private tell(message: SessionMessage): void {
    for (const queue of this.queues) queue.push(message)
  }

  private end(ending: { error?: unknown } = {}): void {
    this.closed = true
    this.signal?.removeEventListener('abort', this.stop)
    this.socket.disconnect()
    for (const queue of this.queues) queue.end(ending)
  }

  private progressed(payload: ProgressEvent): void {
    this.emit('progress', payload)
    this.tell({ type: 'generation-progress', payload })
  }

  private join(): void {
    const afterSeq = this.seq
    const request = { sessionId: this.sessionId, ...(afterSeq !== undefined && { afterSeq }) }
    // A callback, not a promise: the next event may come before a promise settles, and would be dropped.
    this.socket
      .timeout(joinTimeoutMs)
      .emit('session:join', request, (late: Error | null, answer: unknown) => this.answered(late ? undefined : answer))
  }

  private answered(answer: unknown): void {
    if (this.closed || !this.socket.connected) return
    const refusal = errorBodyOf(answer)
    if (refusal && finalRefusals.has(refusal.error.code)) return this.fail(new AtelierApiError(refusal, 0))
    if (refusal || !answer) return this.later(() => this.join())
    const snapshot = answer as SessionSnapshot
    if (this.seq === undefined || snapshot.reset) this.seq = snapshot.lastSeq
    this.setJoined(true)
    this.emit('snapshot', snapshot)
    if (snapshot.reset) this.tell({ type: 'reset', payload: snapshot })
    for (const event of snapshot.events) this.heard(event)
    for (const progress of snapshot.progress) this.progressed(progress)
  }

  private heard(event: LiveEvent): void {
    if (
      this.closed ||
      !this.joined ||
      this.seq === undefined ||
      event.sessionId !== this.sessionId ||
      event.seq <= this.seq
    )
      return
    if (event.seq > this.seq + 1) {
      // a number is missing: ask for it
      this.joined = false
      return this.join()
    }
    this.seq = event.seq
    const { type, seq, createdAt, ...payload } = event
    const logged = { type, seq, createdAt, payload } as LogEvent
    this.emit('event', logged)
    this.emit(type, logged as never)
    this.tell(logged)
  }

  private refused({ data }: { data?: unknown }): void {
    const body = errorBodyOf(data)
    if (body && finalRefusals.has(body.error.code)) return this.fail(new AtelierApiError(body, 0))
    // socket.io tries a failed transport again, but not a server that refused
    if (!this.socket.active) this.later(() => void this.socket.connect())
  }

  private fail(error: AtelierApiError): void {
    this.end({ error })
    this.emit('error', error)
  }

  private setJoined(joined: boolean): void {
    const changed = joined !== this.joined
    this.joined = joined
    if (changed && !this.closed) this.emit('connected', joined)
  }

  private later(act: () => void): void {
    setTimeout(() => {
      if (!this.closed) act()
    }, retryMs)
  }
}
