import { z } from 'zod'

/** Schema of a part of the service in `GET /v1/admin/health`. */
export const healthPartSchema = z.object({
  kind: z.enum(['database', 'queue', 'objects', 'model', 'worker']),
  /** Of a model its name, of a worker its id; otherwise the kind. */
  name: z.string(),
  /** `degraded`: it works in part, or somebody has paused it. `down`: it does not work. */
  status: z.enum(['ok', 'degraded', 'down']),
  /** Since when. Of a worker by the database; of other parts as seen by the API process that answers, since its start. */
  since: z.iso.datetime(),
  /** What is wrong, in a sentence; null when nothing is. */
  reason: z.string().nullable(),
  /** What to do next, in a sentence; null when nothing is wrong. */
  next: z.string().nullable(),
})
/** A part of the service. */
export type HealthPart = z.infer<typeof healthPartSchema>

/** Schema of the work in `GET /v1/admin/health`. */
export const workSummarySchema = z.object({
  /** Queued generations, without those that are parked. */
  waiting: z.int(),
  parked: z.int(),
  running: z.int(),
  /** Seconds since the oldest of the waiting ones was queued; null when none waits. */
  oldestWaitSeconds: z.number().nullable(),
  succeededLastHour: z.int(),
  failedLastHour: z.int(),
  cancelledLastHour: z.int(),
  /** Generations that succeeded in the last ten minutes, per minute. */
  perMinute: z.number(),
})
/** What waits, runs and has ended. */
export type WorkSummary = z.infer<typeof workSummarySchema>

/** Schema of `GET /v1/admin/health`. */
export const adminHealthSchema = z.object({
  /** `unavailable`: nothing can be served, the database is away. `degraded`: some part is not ok. */
  status: z.enum(['ok', 'degraded', 'unavailable']),
  /** What is the matter and what to do next, in one sentence. */
  summary: z.string(),
  checkedAt: z.iso.datetime(),
  /** The worst first. */
  parts: z.array(healthPartSchema),
  /** Null while the database is away. */
  work: workSummarySchema.nullable(),
})
/** Whether the service is well, and which part is not, since when and why. */
export type AdminHealth = z.infer<typeof adminHealthSchema>
