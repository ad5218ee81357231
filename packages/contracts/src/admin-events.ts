import { z } from 'zod'
import { adminHealthSchema } from './admin-health.js'
import { adminGenerationSchema, queueStateSchema } from './admin-queue.js'
import { workerSchema } from './worker.js'

/** Schema of a generation in the admin event `generations`. */
export const generationChangeSchema = adminGenerationSchema
  .pick({
    id: true,
    ownerId: true,
    sessionId: true,
    turnId: true,
    model: true,
    status: true,
    priority: true,
    attempt: true,
    step: true,
    steps: true,
    workerId: true,
    parkedAt: true,
  })
  .extend({
    /** Of a failure; otherwise null. */
    code: z.string().nullable(),
  })
/** What is new about a generation. */
export type GenerationChange = z.infer<typeof generationChangeSchema>

/** Payload schemas of the events of `GET /v1/admin/events`, by name. */
export const adminEventSchemas = {
  /** As `GET /v1/admin/health`. */
  health: adminHealthSchema,
  /** As `GET /v1/admin/queue`. */
  queue: queueStateSchema,
  /** As `GET /v1/admin/workers`. */
  workers: z.object({ data: z.array(workerSchema) }),
  /** Generations that were queued, started, ended, parked or moved, or made a step. `more`: others changed too. */
  generations: z.object({ data: z.array(generationChangeSchema), more: z.boolean() }),
  /** An operator has done something: lists of owners, keys, sessions, webhooks and actions may have changed. */
  action: z.object({}),
} as const
/** Name of an event of `GET /v1/admin/events`. */
export type AdminEventName = keyof typeof adminEventSchemas
/** An event of `GET /v1/admin/events`. */
export type AdminEvent = {
  [N in AdminEventName]: { type: N; data: z.infer<(typeof adminEventSchemas)[N]> }
}[AdminEventName]
