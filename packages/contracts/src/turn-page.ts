import { z } from 'zod'
import { idSchema } from './ids.js'
import { pageQuerySchema } from './page.js'
import { sessionSchema } from './session.js'
import { turnWithGenerationsSchema } from './turn.js'

/** Schema of a turn with its place among the turns that follow the same turn. */
export const turnInTreeSchema = turnWithGenerationsSchema.extend({
  /** How many generations it has, shown or not. */
  generationCount: z.int(),
  /** How many turns have its parent, itself included. */
  siblingCount: z.int(),
  /** Its position among them: 0 is the oldest. */
  siblingIndex: z.int(),
})
/** A turn with its place in the session tree. */
export type TurnInTree = z.infer<typeof turnInTreeSchema>

/** Most turns of one page. */
export const maxTurnsPerPage = 100
/** Schema of the query of a session: how much of which path. */
export const sessionQuerySchema = z.strictObject({
  /** The newest turns of the path, 1 to {@link maxTurnsPerPage}. */
  limit: z.coerce.number().int().min(1).max(maxTurnsPerPage).default(50),
  /** The path through this turn, taking the newest turn at each fork below it. Default: the path to the active turn. */
  turn: idSchema('turn').optional(),
})
const turnCursorSchema = z
  .string()
  .regex(/^(trn_[0-9a-z]{16}|\d{1,9})$/, 'must be a cursor that a page of turns gave')
  .optional()
/** Schema of the query of a session's turns. */
export const turnPageQuerySchema = sessionQuerySchema
  .extend({
    /** `active`: the path. `all`: every turn of the session, in order of creation. */
    path: z.enum(['active', 'all']).default('active'),
    /** `before` or `after` of another page. Without either: the newest turns. */
    before: turnCursorSchema,
    after: turnCursorSchema,
  })
  .refine(({ before, after }) => before === undefined || after === undefined, 'takes `before` or `after`, not both')
/** Query of a session's turns. */
export type TurnPageQuery = z.infer<typeof turnPageQuerySchema>
/** The cursors of a page of turns. */
const turnCursors = {
  /** Cursor of the page with the turns before these; null: these begin the path. */
  before: z.string().nullable(),
  /** Cursor of the page with the turns after these; null: these end the path. */
  after: z.string().nullable(),
}
/** Schema of a page of a session's turns, oldest first. */
export const turnPageSchema = z.object({ data: z.array(turnInTreeSchema), ...turnCursors })
/** A page of a session's turns, oldest first. */
export type TurnPage = z.infer<typeof turnPageSchema>
/** Schema of the query of a turn's siblings. */
export const siblingsQuerySchema = pageQuerySchema.extend({
  /** Begin at this position, 0 being the oldest; ignored with a `cursor`. */
  from: z.coerce
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(0),
})
/** Query of a turn's siblings. */
export type SiblingsQuery = z.infer<typeof siblingsQuerySchema>

/** Schema of a session with the newest turns of a path. */
export const sessionWithTurnsSchema = sessionSchema.extend({ turns: z.array(turnInTreeSchema), ...turnCursors })
/** A session with the newest turns of a path, oldest first. */
export type SessionWithTurns = z.infer<typeof sessionWithTurnsSchema>
