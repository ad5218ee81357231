import { z } from 'zod'
import { textSchema } from './characters.js'
import { idSchema } from './ids.js'

/** Most characters of a title. */
export const maxTitleLength = 200

const titleSchema = textSchema(maxTitleLength, z.string().trim().min(1))

/** Schema of the body of `POST /v1/sessions`. */
export const createSessionSchema = z.strictObject({ title: titleSchema.optional() })
/** Schema of the body of `PATCH /v1/sessions/:id`. */
export const updateSessionSchema = z
  .strictObject({
    title: titleSchema.optional(),
    activeTurnId: idSchema('turn').optional(),
  })
  .refine((body) => body.title !== undefined || body.activeTurnId !== undefined, 'must change title or activeTurnId')
/** Body of `PATCH /v1/sessions/:id`. */
export type UpdateSession = z.infer<typeof updateSessionSchema>
/** Schema of the body of `POST /v1/sessions/:id/fork`. `turnId` becomes the newest turn of the fork. */
export const forkSessionSchema = z.strictObject({
  turnId: idSchema('turn'),
  title: titleSchema.optional(),
})

/** Schema of a session. */
export const sessionSchema = z.object({
  id: idSchema('session'),
  title: z.string().nullable(),
  /** `seq` of the newest event. A client that joins with it receives only later events. */
  lastSeq: z.int(),
  /** The current turn of the conversation: the newest one, or the one selected last. Null if there are no turns. */
  activeTurnId: idSchema('turn').nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
})
/** A conversation. */
export type Session = z.infer<typeof sessionSchema>
