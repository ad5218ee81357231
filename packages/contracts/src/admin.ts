import { z } from 'zod'
import { idSchema } from './ids.js'

/** Schema of `GET /v1/admin/queue`. */
export const queueCountsSchema = z.object({
  backend: z.enum(['postgres', 'redis']),
  paused: z.boolean(),
  waiting: z.int(),
  active: z.int(),
  delayed: z.int(),
  failed: z.int(),
  completed: z.int(),
})
/** Numbers of jobs by state. */
export type QueueCounts = z.infer<typeof queueCountsSchema>

/** Schema of a worker in `GET /v1/admin/workers`. */
export const workerSchema = z.object({
  id: idSchema('worker'),
  state: z.enum(['loading', 'ready', 'busy', 'stopping']),
  device: z.string(),
  /** The setting `DEVICE` of the worker. */
  deviceRequested: z.enum(['auto', 'cpu', 'cuda']),
  /** Why `auto` runs on the CPU; null when it does not, or when the device was named. */
  deviceFallback: z.string().nullable(),
  /** The model being opened, the part of it that comes next, and the share of its bytes that is done (0 … 1); else null. */
  loading: z.object({ model: z.string(), part: z.string(), share: z.number() }).nullable(),
  models: z.array(z.string()),
  hostname: z.string(),
  pid: z.int(),
  generationId: idSchema('generation').nullable(),
  startedAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime(),
})
/** A worker as it last reported itself. */
export type WorkerReport = z.infer<typeof workerSchema>

/** Schema of the body of `POST /v1/admin/objects/sweep`: objects younger than `olderThanSeconds` are left alone. */
export const objectSweepRequestSchema = z.object({
  dryRun: z.boolean().default(true),
  olderThanSeconds: z.int().min(0).default(3600),
})
/** Schema of the answer: how many objects were seen, and those that no row names. */
export const objectSweepSchema = z.object({
  objects: z.int(),
  orphans: z.int(),
  /** Of the orphans. */
  bytes: z.int(),
  /** The first hundred orphans. */
  keys: z.array(z.string()),
  deleted: z.int(),
})
/** What a sweep of the object store found. */
export type ObjectSweep = z.infer<typeof objectSweepSchema>
