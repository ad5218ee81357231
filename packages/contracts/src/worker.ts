import { z } from 'zod'
import { idSchema } from './ids.js'

/** Schema of what a worker reports about itself. */
export const workerReportSchema = z.object({
  id: idSchema('worker'),
  /**
   * `unhealthy`: generations failed on it one after another; it takes none until it has made a small picture. `draining`: an
   * operator has drained it, and it ends its generation; `drained`: it has ended it and takes no other. `lost`: it has not
   * reported for 30 seconds (said by the API, never by a worker).
   */
  state: z.enum(['loading', 'ready', 'busy', 'unhealthy', 'draining', 'drained', 'stopping', 'lost']),
  device: z.string(),
  /** The worker's `DEVICE` setting. */
  deviceRequested: z.enum(['auto', 'cpu', 'cuda']),
  /** Why `auto` fell back to the CPU; null if it did not, or if `DEVICE` names a device. */
  deviceFallback: z.string().nullable(),
  /** While a model loads: the part that comes next and the share of bytes already loaded (0–1). Otherwise null. */
  loading: z.object({ model: z.string(), part: z.string(), share: z.number() }).nullable(),
  /** What failed last on a worker that is `unhealthy`; otherwise null. */
  unhealthyReason: z.string().nullable(),
  models: z.array(z.string()),
  /** How many generations it makes at once, its `BATCH_SIZE`; 1 of one from before workers told. */
  batchSize: z.int(),
  /** Of Atelier; null: one from before workers told. Such a worker does not hear of `drain` and `restart`. */
  version: z.string().nullable(),
  /** Memory of the worker and its model's process, in bytes; null where it cannot be read. */
  memoryBytes: z.int().nullable(),
  hostname: z.string(),
  pid: z.int(),
  /** The generation that it runs, the oldest if there are several; null when it runs none. */
  generationId: idSchema('generation').nullable(),
  startedAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime(),
})
/** A worker's latest report about itself. */
export type WorkerReport = z.infer<typeof workerReportSchema>

const runningSchema = z.object({
  id: idSchema('generation'),
  ownerId: idSchema('owner'),
  sessionId: idSchema('session'),
  model: z.string(),
  attempt: z.int(),
  /** Last finished step. */
  step: z.int(),
  steps: z.int(),
  startedAt: z.iso.datetime(),
})

/** Schema of a worker in `GET /v1/admin/workers`. */
export const workerSchema = workerReportSchema.extend({
  /** Since when it is in this state; null when it is not known. */
  stateSince: z.iso.datetime().nullable(),
  /** Whether an operator wants it to take no new generations. It acts within a heartbeat, 5 seconds. */
  drain: z.boolean(),
  /** Whether its model's process is to be restarted and has not been yet. */
  restarting: z.boolean(),
  /** The first of `generations`; null when it runs none. */
  generation: runningSchema.nullable(),
  /** The generations that it runs, the oldest first; at most `batchSize`. */
  generations: z.array(runningSchema),
})
/** A worker as operators see it. */
export type Worker = z.infer<typeof workerSchema>

/** What operators want of a worker, as its heartbeat is answered. */
export interface WorkerWishes {
  /** Take no new generations. */
  drain: boolean
  /** How often its model's process was to be restarted since it started. */
  restarts: number
}
