import { z } from 'zod'
import { idSchema } from './ids.js'
import { turnWithGenerationsSchema } from './turn.js'

/** Schema of the body of `POST /v1/sessions`. */
export const createSessionSchema = z.object({ title: z.string().trim().min(1).max(200).optional() })
/** Schema of the body of `PATCH /v1/sessions/:id`. */
export const updateSessionSchema = z.object({ title: z.string().trim().min(1).max(200) })

/** Schema of a session. */
export const sessionSchema = z.object({
  id: idSchema('session'),
  title: z.string().nullable(),
  /** `seq` of the newest event; a client that joins with it gets only what comes after. */
  lastSeq: z.int(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
})
/** A conversation. */
export type Session = z.infer<typeof sessionSchema>
/** Schema of one session with its turns, oldest first. */
export const sessionWithTurnsSchema = sessionSchema.extend({ turns: z.array(turnWithGenerationsSchema) })
/** One session with its turns, oldest first. */
export type SessionWithTurns = z.infer<typeof sessionWithTurnsSchema>
