import { z } from 'zod'
import { textSchema } from './characters.js'
import { idSchema } from './ids.js'
import { imageSchema } from './image.js'
import { maxTitleLength } from './limits.js'
import { pageQuerySchema } from './page.js'

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
/**
 * Schema of the body of `POST /v1/sessions/:id/fork`. `turnId` becomes the newest turn of the fork; left out: the fork is
 * the whole session, all branches of it.
 */
export const forkSessionSchema = z.strictObject({
  turnId: idSchema('turn').optional(),
  title: titleSchema.optional(),
})
/** Body of `POST /v1/sessions/:id/fork`. */
export type ForkSession = z.infer<typeof forkSessionSchema>

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

/** Schema of the query of the list of sessions. */
export const sessionListQuerySchema = pageQuerySchema.extend({
  /** Only sessions with this text in the title, in capital or small letters. */
  query: textSchema(maxTitleLength, z.string().trim().min(1)).optional(),
  /**
   * `created`: the newest session first. `activity`: the one that changed last first; a session that changes while the
   * pages are read moves to the first one, so a page may lack it.
   */
  order: z.enum(['created', 'activity']).default('created'),
})
/** Query of the list of sessions. */
export type SessionListQuery = z.infer<typeof sessionListQuerySchema>
/** Schema of a session in a list. */
export const listedSessionSchema = sessionSchema.extend({
  /** The newest picture that was made in it; null: none yet. */
  image: imageSchema.pick({ id: true, width: true, height: true, thumbnailUrl: true }).nullable(),
})
/** A conversation in a list, with its last picture. */
export type ListedSession = z.infer<typeof listedSessionSchema>
