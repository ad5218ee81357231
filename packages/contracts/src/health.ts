import { z } from 'zod'

/**
 * Schema of `GET /health/ready`. The status is 200 if database, queue and object store respond, otherwise 503.
 * `worker: "none"` is not a failure.
 */
export const readySchema = z.object({
  status: z.enum(['ok', 'unavailable']),
  database: z.enum(['ok', 'down']),
  queue: z.enum(['ok', 'down']),
  objects: z.enum(['ok', 'down']),
  /** `ok` if a worker has reported within the last 30 s. */
  worker: z.enum(['ok', 'none']),
})
/** Readiness of the service and of what it depends on. */
export type Ready = z.infer<typeof readySchema>
