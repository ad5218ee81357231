import { z } from 'zod'
import { failureSchema } from './errors.js'
import { generationSchema } from './generation.js'
import { idSchema } from './ids.js'
import { imageSchema } from './image.js'
import { sessionWithTurnsSchema } from './session.js'
import { turnSchema } from './turn.js'

const of = <T extends z.ZodRawShape>(shape: T) =>
  z.object({ sessionId: idSchema('session'), turnId: idSchema('turn'), ...shape })
const ofGeneration = <T extends z.ZodRawShape>(shape: T) => of({ generationId: idSchema('generation'), ...shape })

/** Payload schemas of the events that are rows of a session's log, by name. Each is sent with its `seq`. */
export const logEventSchemas = {
  'turn-created': of({ turn: turnSchema, generations: z.array(generationSchema) }),
  /** `position`: how many generations are before it, 0 = next. */
  'generation-queued': ofGeneration({ position: z.int(), attempt: z.int() }),
  'generation-started': ofGeneration({ attempt: z.int(), steps: z.int() }),
  'generation-succeeded': ofGeneration({ images: z.array(imageSchema) }),
  'generation-failed': ofGeneration({ error: failureSchema }),
  'generation-cancelled': ofGeneration({}),
  /** The last word about a turn: whatever earlier events tell of it is gone, its pictures with it. */
  'turn-deleted': of({}),
} as const

/** Name of an event of the log. */
export type LogEventName = keyof typeof logEventSchemas
/** All names of events of the log. */
export const logEventNames = Object.keys(logEventSchemas) as LogEventName[]
/** Payload of an event of the log. */
export type LogEventPayload<N extends LogEventName = LogEventName> = z.infer<(typeof logEventSchemas)[N]>
/** One event of a session's log. `seq` starts at 1 and has no gaps. */
export type LogEvent = {
  [N in LogEventName]: { type: N; seq: number; createdAt: string; payload: LogEventPayload<N> }
}[LogEventName]

/** Schema of the ephemeral progress event; it has no `seq` and is not kept. */
export const progressEventSchema = ofGeneration({
  attempt: z.int(),
  step: z.int(),
  steps: z.int(),
  /** A small picture as a `data:` URL. */
  preview: z.string().optional(),
})
/** Progress of a running generation. */
export type ProgressEvent = z.infer<typeof progressEventSchema>
/** Name of the ephemeral progress event. */
export const progressEventName = 'generation-progress'

/**
 * An event of the log as it travels: on the socket under its `type` as event name, on a stream of server-sent events as
 * `event:` and `data:`, and in {@link SessionSnapshot}. The payload's fields lie beside `type`, `seq` and `createdAt`.
 */
export type LiveEvent = {
  [N in LogEventName]: { type: N; seq: number; createdAt: string } & LogEventPayload<N>
}[LogEventName]
/** An event of the log in its travelling form. */
export const liveEventOf = (event: LogEvent): LiveEvent =>
  ({ type: event.type, seq: event.seq, createdAt: event.createdAt, ...event.payload }) as LiveEvent

/** Schema of the answer to `session:join`. */
export const sessionSnapshotSchema = z.object({
  /** The session with all its turns; its `lastSeq` is the newest event that this snapshot includes. */
  session: sessionWithTurnsSchema,
  lastSeq: z.int(),
  /** With `afterSeq`: the events that the client missed, up to `lastSeq`, oldest first. */
  events: z.array(
    z
      .object({ type: z.enum(logEventNames as [LogEventName, ...LogEventName[]]), seq: z.int(), createdAt: z.string() })
      .loose(),
  ),
  /** The last step of each generation that runs. */
  progress: z.array(progressEventSchema),
})
/** What a client gets when it joins a session; the live events that follow continue at `lastSeq + 1`. */
export interface SessionSnapshot extends Omit<z.infer<typeof sessionSnapshotSchema>, 'events'> {
  events: LiveEvent[]
}

/** Schema of `session:join`: `afterSeq` is the last `seq` the client saw; left out: from the beginning is not replayed, the snapshot has it. */
export const sessionJoinSchema = z.object({ sessionId: idSchema('session'), afterSeq: z.int().min(0).optional() })
/** Schema of `session:leave`. */
export const sessionLeaveSchema = z.object({ sessionId: idSchema('session') })
/** Schema of `generation:cancel`. */
export const generationCancelSchema = z.object({ generationId: idSchema('generation') })
