import { z } from 'zod'
import { textSchema } from './characters.js'
import { idSchema } from './ids.js'
import { turnWithGenerationsSchema } from './turn.js'

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
/** Schema of a turn with its place in the session tree. */
export const turnInTreeSchema = turnWithGenerationsSchema.extend({
  /** All turns with the same parent, including this one, oldest first. */
  siblingIds: z.array(idSchema('turn')),
})
/** A turn with its place in the session tree. */
export type TurnInTree = z.infer<typeof turnInTreeSchema>
/** Schema of a session with its turns, oldest first. */
export const sessionWithTurnsSchema = sessionSchema.extend({
  turns: z.array(turnInTreeSchema),
  /** From a root to the active turn: the conversation as a reader sees it. */
  activePath: z.array(idSchema('turn')),
})
/** A session with its turns, oldest first. */
export type SessionWithTurns = z.infer<typeof sessionWithTurnsSchema>
