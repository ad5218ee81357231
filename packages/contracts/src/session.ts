import { z } from 'zod'
import { idSchema } from './ids.js'
import { turnWithGenerationsSchema } from './turn.js'

/** Schema of the body of `POST /v1/sessions`. */
export const createSessionSchema = z.object({ title: z.string().trim().min(1).max(200).optional() })
/** Schema of the body of `PATCH /v1/sessions/:id`. */
export const updateSessionSchema = z
  .object({
    title: z.string().trim().min(1).max(200).optional(),
    activeTurnId: idSchema('turn').optional(),
  })
  .refine(
    (body) => body.title !== undefined || body.activeTurnId !== undefined,
    'Say what to change: title or activeTurnId.',
  )
/** Body of `PATCH /v1/sessions/:id`. */
export type UpdateSession = z.infer<typeof updateSessionSchema>
/** Schema of the body of `POST /v1/sessions/:id/fork`: the turn that becomes the newest of the fork. */
export const forkSessionSchema = z.object({
  turnId: idSchema('turn'),
  title: z.string().trim().min(1).max(200).optional(),
})

/** Schema of a session. */
export const sessionSchema = z.object({
  id: idSchema('session'),
  title: z.string().nullable(),
  /** `seq` of the newest event; a client that joins with it gets only what comes after. */
  lastSeq: z.int(),
  /** The turn where the conversation stands: the newest one, or the one chosen last. Null without turns. */
  activeTurnId: idSchema('turn').nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
})
/** A conversation. */
export type Session = z.infer<typeof sessionSchema>
/** Schema of a turn at its place in the session's tree. */
export const turnInTreeSchema = turnWithGenerationsSchema.extend({
  /** All turns with the same parent, this one among them, oldest first. */
  siblingIds: z.array(idSchema('turn')),
})
/** A turn at its place in the session's tree. */
export type TurnInTree = z.infer<typeof turnInTreeSchema>
/** Schema of one session with its turns, oldest first. */
export const sessionWithTurnsSchema = sessionSchema.extend({
  turns: z.array(turnInTreeSchema),
  /** From a root to the active turn: the conversation as it is read. */
  activePath: z.array(idSchema('turn')),
})
/** One session with its turns, oldest first. */
export type SessionWithTurns = z.infer<typeof sessionWithTurnsSchema>
