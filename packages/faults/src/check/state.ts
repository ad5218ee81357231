import type { GenerationStatus, LogEventName } from '@atelier/contracts'

/** A generation as the database has it. Times are milliseconds since 1970. */
export interface StoredGeneration {
  id: string
  turnId: string
  sessionId: string
  ownerId: string
  status: GenerationStatus
  attempt: number
  errorCode: string | null
  finishedAt: number | null
}

/** An image as the database has it. */
export interface StoredImage {
  id: string
  ownerId: string
  generationId: string | null
  index: number | null
  objectKey: string
  thumbnailKey: string
  sha256: string
  bytes: number
}

/** An event of a session's log. */
export interface StoredEvent {
  sessionId: string
  seq: number
  type: LogEventName
  generationId: string | null
  attempt: number | null
  /** Milliseconds since 1970. */
  at: number
}

/** What an owner's limits say is used, and what is there. */
export interface OwnerUse {
  ownerId: string
  used: { images: number; bytes: number; waiting: number; running: number; sessions: number }
}

/** Everything that a run has left behind, of the owners that took part. */
export interface State {
  generations: StoredGeneration[]
  turns: { id: string; sessionId: string; ownerId: string }[]
  images: StoredImage[]
  events: StoredEvent[]
  sessions: { id: string; ownerId: string; lastSeq: number }[]
  /** SHA-256 of each stored object, by key. */
  objects: Map<string, string>
  /** Keys of objects that no row names, after the product's own sweep. */
  orphans: string[]
  /** Generations of which the queue still has a job that waits or runs. */
  queued: string[]
  uses: OwnerUse[]
}
