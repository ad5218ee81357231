import { z } from 'zod'
import { failureSchema } from './atelier-error.js'
import { generationSummarySchema, queuePlaceSchema } from './generation.js'
import { idSchema } from './ids.js'
import { imageSchema } from './image.js'
import { turnSchema } from './turn.js'
import { sessionWithTurnsSchema } from './turn-page.js'

const of = <T extends z.ZodRawShape>(shape: T) =>
  z.object({ sessionId: idSchema('session'), turnId: idSchema('turn'), ...shape })
const ofGeneration = <T extends z.ZodRawShape>(shape: T) => of({ generationId: idSchema('generation'), ...shape })

/** Payload schemas of the events in a session's log, by name. Each event is a row with a `seq`. */
export const logEventSchemas = {
  'turn-created': of({ turn: turnSchema, generations: z.array(generationSummarySchema) }),
  /** Where it stood when it was queued, see {@link queuePlaceSchema}. Events of older versions lack `etaSeconds`. */
  'generation-queued': ofGeneration({
    position: z.int(),
    etaSeconds: queuePlaceSchema.shape.etaSeconds.optional(),
    attempt: z.int(),
  }),
  'generation-started': ofGeneration({ attempt: z.int(), steps: z.int() }),
  'generation-succeeded': ofGeneration({ images: z.array(imageSchema) }),
  'generation-failed': ofGeneration({ error: failureSchema }),
  'generation-cancelled': ofGeneration({}),
  /** Always the last event about a turn: what earlier events say about it, images included, no longer exists. */
  'turn-deleted': of({}),
} as const

/** Name of a log event. */
export type LogEventName = keyof typeof logEventSchemas
/** The names of all log events. */
export const logEventNames = Object.keys(logEventSchemas) as LogEventName[]
/** Payload of a log event. */
export type LogEventPayload<N extends LogEventName = LogEventName> = z.infer<(typeof logEventSchemas)[N]>
/** An event in a session's log. `seq` starts at 1 and has no gaps. */
export type LogEvent = {
  [N in LogEventName]: { type: N; seq: number; createdAt: string; payload: LogEventPayload<N> }
}[LogEventName]

/** Schema of the ephemeral progress event. It has no `seq` and is not stored. */
export const progressEventSchema = ofGeneration({
  attempt: z.int(),
  step: z.int(),
  steps: z.int(),
  /** A small image as a `data:` URL. */
  preview: z.string().optional(),
})
/** What a worker reports after each step, as the queue carries it and clients hear it. */
export type ProgressEvent = z.infer<typeof progressEventSchema>
/** Name of the ephemeral progress event. */
export const progressEventName = 'generation-progress'

/**
 * A log event in its wire format: the payload's fields are flattened next to `type`, `seq` and `createdAt`. `type` is the
 * event name on the socket and the `event:` line of a server-sent event. {@link SessionSnapshot} uses the same format.
 */
export type LiveEvent = {
  [N in LogEventName]: { type: N; seq: number; createdAt: string } & LogEventPayload<N>
}[LogEventName]

/** Schema of the answer to `session:join`. */
export const sessionSnapshotSchema = z.object({
  /** The session with its newest turns. Its `lastSeq` is the newest event that this snapshot includes. */
  session: sessionWithTurnsSchema,
  lastSeq: z.int(),
  /**
   * True if the client missed more events than can be sent again. Then `events` is empty: what `session` shows now
   * replaces what the client knew, and events go on after `lastSeq`.
   */
  reset: z.boolean(),
  /** With `afterSeq`: the events the client missed, up to `lastSeq`, oldest first. */
  events: z.array(
    z
      .object({ type: z.enum(logEventNames as [LogEventName, ...LogEventName[]]), seq: z.int(), createdAt: z.string() })
      .loose(),
  ),
  /** The latest step of each running generation. */
  progress: z.array(progressEventSchema),
})
/** What a client receives when it joins a session. Live events continue at `lastSeq + 1`. */
export interface SessionSnapshot extends Omit<z.infer<typeof sessionSnapshotSchema>, 'events'> {
  events: LiveEvent[]
}

/**
 * Schema of `session:join`. `afterSeq` is the last `seq` the client saw. Without it no past events are sent: the snapshot
 * already contains their result.
 */
export const sessionJoinSchema = z.strictObject({ sessionId: idSchema('session'), afterSeq: z.int().min(0).optional() })
/** Schema of `session:leave`. */
export const sessionLeaveSchema = z.strictObject({ sessionId: idSchema('session') })
/** Schema of `generation:cancel`. */
export const generationCancelSchema = z.strictObject({ generationId: idSchema('generation') })
