import { z } from 'zod'
import { idSchema } from './ids.js'

/** Schema of the payload of a generation job: the id and nothing else, because Postgres is the truth. */
export const generationJobSchema = z.object({ generationId: idSchema('generation') })
/** Payload of a generation job. The job's id is the generation's id. */
export type GenerationJob = z.infer<typeof generationJobSchema>

/** Schema of what a worker reports after each step. */
export const jobProgressSchema = z.object({
  generationId: idSchema('generation'),
  sessionId: idSchema('session'),
  turnId: idSchema('turn'),
  attempt: z.int(),
  step: z.int(),
  steps: z.int(),
  preview: z.string().optional(),
})
/** What a worker reports after each step; `preview` is a small picture as a `data:` URL. */
export type JobProgress = z.infer<typeof jobProgressSchema>
