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
/** Number of jobs in each state. */
export type QueueCounts = z.infer<typeof queueCountsSchema>

/** Schema of a worker in `GET /v1/admin/workers`. */
export const workerSchema = z.object({
  id: idSchema('worker'),
  state: z.enum(['loading', 'ready', 'busy', 'stopping']),
  device: z.string(),
  /** The worker's `DEVICE` setting. */
  deviceRequested: z.enum(['auto', 'cpu', 'cuda']),
  /** Why `auto` fell back to the CPU; null if it did not, or if `DEVICE` names a device. */
  deviceFallback: z.string().nullable(),
  /** While a model loads: the part that comes next and the share of bytes already loaded (0–1). Otherwise null. */
  loading: z.object({ model: z.string(), part: z.string(), share: z.number() }).nullable(),
  models: z.array(z.string()),
  hostname: z.string(),
  pid: z.int(),
  generationId: idSchema('generation').nullable(),
  startedAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime(),
})
/** A worker's latest report about itself. */
export type WorkerReport = z.infer<typeof workerSchema>

/** Schema of the body of `POST /v1/admin/objects/sweep`. Objects younger than `olderThanSeconds` are left alone. */
export const objectSweepRequestSchema = z.object({
  dryRun: z.boolean().default(true),
  olderThanSeconds: z.int().min(0).default(3600),
})
/** Schema of the response: how many objects exist, and which of them no database row refers to. */
export const objectSweepSchema = z.object({
  objects: z.int(),
  orphans: z.int(),
  /** Total size of the orphans. */
  bytes: z.int(),
  /** Keys of the first 100 orphans. */
  keys: z.array(z.string()),
  deleted: z.int(),
})
/** The result of a sweep of the object store. */
export type ObjectSweep = z.infer<typeof objectSweepSchema>
