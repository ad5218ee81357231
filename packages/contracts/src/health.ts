import { z } from 'zod'

/** Schema of `GET /health/ready`: 200 when database, queue and objects answer, else 503; `worker: "none"` is no failure. */
export const readySchema = z.object({
  status: z.enum(['ok', 'unavailable']),
  database: z.enum(['ok', 'down']),
  queue: z.enum(['ok', 'down']),
  objects: z.enum(['ok', 'down']),
  /** `ok` when a worker has reported within 30 s. */
  worker: z.enum(['ok', 'none']),
})
/** State of the parts. */
export type Ready = z.infer<typeof readySchema>
