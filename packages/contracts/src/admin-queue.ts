import { z } from 'zod'
import { adminActionSchema, queueCountsSchema } from './operations.js'
import { failureSchema } from './atelier-error.js'
import { errorCodes } from './errors.js'
import {
  generationSchema,
  generationStatusSchema,
  generationSummarySchema,
  prioritySchema,
  queuePlaceSchema,
} from './generation.js'
import { idSchema } from './ids.js'
import { pageQuerySchema } from './page.js'

/** `true` or `false` in a query. */
export const flagSchema = z.enum(['true', 'false']).transform((text) => text === 'true')

const laneSchema = z.object({
  priority: prioritySchema,
  /** Queued generations, without those that are parked. */
  waiting: z.int(),
  parked: z.int(),
  running: z.int(),
  /** Seconds since the oldest of the waiting ones was queued; null when none waits. */
  oldestWaitSeconds: z.number().nullable(),
})
/** Schema of what waits and runs of a model, by priority. */
export const modelLaneSchema = laneSchema.extend({ model: z.string() })
/** Schema of what waits and runs of an owner, by priority. */
export const ownerLaneSchema = laneSchema.extend({ ownerId: idSchema('owner'), name: z.string() })
/** What waits and runs of a model. */
export type ModelLane = z.infer<typeof modelLaneSchema>
/** What waits and runs of an owner. */
export type OwnerLane = z.infer<typeof ownerLaneSchema>

/** Schema of `GET /v1/admin/queue`. */
export const queueStateSchema = queueCountsSchema.extend({
  /** Models of which no generation is started until they are resumed. */
  pausedModels: z.array(z.object({ model: z.string(), since: z.iso.datetime() })),
  lanes: z.array(modelLaneSchema),
})
/** The queue: its jobs, what is paused, and what waits and runs. */
export type QueueState = z.infer<typeof queueStateSchema>

/** Schema of the body of `POST /v1/admin/queue/pause` and `…/resume`. */
export const pauseQueueSchema = z.strictObject({
  /** Only generations of this model. Default: all. */
  model: z.string().min(1).max(200).optional(),
})

/** Schema of the query of `GET /v1/admin/queue/owners`. */
export const ownerLanesQuerySchema = z.strictObject({ limit: z.coerce.number().int().min(1).max(100).default(50) })
/** Schema of `GET /v1/admin/queue/owners`. */
export const ownerLanesSchema = z.object({
  /** Those with most waiting first. */
  data: z.array(ownerLaneSchema),
  /** How many there are in all. */
  total: z.int(),
})

/** Schema of a generation as operators see it in lists. */
export const adminGenerationSchema = generationSummarySchema.extend({
  ownerId: idSchema('owner'),
  /** The worker that runs it or ran it last. */
  workerId: idSchema('worker').nullable(),
  queuedAt: z.iso.datetime(),
  /** When it was parked; null: it is not. */
  parkedAt: z.iso.datetime().nullable(),
  /** How many of its attempts ended with a lost worker. */
  lostAttempts: z.int(),
  /** How many failed in a way that may be the worker's fault. */
  failedAttempts: z.int(),
  /** The ended generation that this one repeats; null: none. */
  retryOf: idSchema('generation').nullable(),
  /** It took down its worker again and again, and has not been put back since. */
  poison: z.boolean(),
})
/** A generation as operators see it. */
export type AdminGeneration = z.infer<typeof adminGenerationSchema>

/** Schema of the query of `GET /v1/admin/generations`. All that is said must hold. */
export const adminGenerationsQuerySchema = pageQuerySchema.extend({
  status: generationStatusSchema.optional(),
  owner: idSchema('owner').optional(),
  session: idSchema('session').optional(),
  worker: idSchema('worker').optional(),
  model: z.string().min(1).max(200).optional(),
  code: z.enum(errorCodes).optional(),
  parked: flagSchema.optional(),
  poison: flagSchema.optional(),
  /** The beginning of the id of a generation, with or without `gen_`; or of that of its turn, session, owner or worker. */
  search: z
    .string()
    .trim()
    .regex(/^[a-z0-9_]{1,40}$/, 'must be the beginning of an id')
    .optional(),
})
/** Which generations are listed. */
export type AdminGenerationsQuery = z.infer<typeof adminGenerationsQuerySchema>

/** Schema of one start of a generation. */
export const generationAttemptSchema = z.object({
  /** From 1. */
  attempt: z.int(),
  workerId: idSchema('worker').nullable(),
  startedAt: z.iso.datetime(),
  /** Null while it runs. */
  endedAt: z.iso.datetime().nullable(),
  /** `elsewhere`: it failed and another worker tries. `released`: its worker stopped. `lost`: its worker, or its model's process. */
  outcome: z.enum(['running', 'succeeded', 'failed', 'cancelled', 'elsewhere', 'released', 'lost']),
  /** Why it failed; null when it did not. */
  error: failureSchema.nullable(),
})
/** One start of a generation. */
export type GenerationAttempt = z.infer<typeof generationAttemptSchema>

/** Schema of `GET /v1/admin/generations/:id`. */
export const generationStorySchema = z.object({
  generation: generationSchema.extend({
    ...adminGenerationSchema.pick({
      ownerId: true,
      workerId: true,
      queuedAt: true,
      parkedAt: true,
      lostAttempts: true,
      failedAttempts: true,
      retryOf: true,
      poison: true,
    }).shape,
    ...queuePlaceSchema.shape,
  }),
  ownerName: z.string(),
  sessionTitle: z.string().nullable(),
  /** The instruction of its turn. */
  instruction: z.string(),
  /** What the log of its session says about it, oldest first, at most 200. */
  events: z.array(
    z.object({
      seq: z.int(),
      type: z.string(),
      createdAt: z.iso.datetime(),
      attempt: z.int().nullable(),
      error: failureSchema.nullable(),
    }),
  ),
  /** Its starts, oldest first, at most 200. Those that began before attempts were kept are missing. */
  attempts: z.array(generationAttemptSchema),
  /** What operators have done with it, oldest first, at most 200. */
  actions: z.array(adminActionSchema),
  /** Generations that repeat it, oldest first, at most 100. */
  retries: z.array(idSchema('generation')),
})
/** Everything that is known of a generation. */
export type GenerationStory = z.infer<typeof generationStorySchema>
