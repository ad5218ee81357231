import type { LogEventName } from '@atelier/contracts'

/** An event as a client heard it. */
export interface HeardEvent {
  seq: number
  type: LogEventName
  generationId?: string
}

/** All that one client heard of one session, in the order in which it arrived. */
export interface Hearing {
  ownerId: string
  sessionId: string
  how: 'sse' | 'socket'
  events: HeardEvent[]
  /** How often it had to connect again. */
  reconnects: number
}

/** A creation that the API acknowledged. */
export interface Acknowledged {
  ownerId: string
  sessionId: string
  /** Its Idempotency-Key. */
  key: string
  turnId: string
  generationIds: string[]
}

/** A cancellation that the API took. Times in milliseconds since 1970. */
export interface Cancelled {
  generationId: string
  askedAt: number
  answeredAt: number
}

/** What the clients of a run observed: the checker compares it with what is stored. */
export class ClientLog {
  readonly hearings: Hearing[] = []
  readonly acknowledged: Acknowledged[] = []
  readonly cancelled: Cancelled[] = []
  /** Attempts at creations, each with its key, that were answered 202: what each key made. */
  readonly made: { key: string; turnId: string }[] = []
  /** Reads of what belongs to another owner, and how they were answered; anything but 404 is a leak. */
  readonly foreignReads: { path: string; status: number }[] = []
  /** Refused and failed attempts, by code or kind; all were repeated. */
  readonly errors = new Map<string, number>()
  /** Requests that were given up. */
  readonly givenUp: string[] = []
  /** When creations were acknowledged, in milliseconds since 1970. */
  readonly acceptedAt: number[] = []
  requests = 0

  /** Counts an attempt that failed. */
  error(kind: string): void {
    this.errors.set(kind, (this.errors.get(kind) ?? 0) + 1)
  }

  /** How many attempts failed. */
  get errorCount(): number {
    return [...this.errors.values()].reduce((sum, count) => sum + count, 0)
  }
}
