import { z } from 'zod'
import {
  generationSchema,
  generationSummarySchema,
  maskModeSchema,
  parametersRequestSchema,
  prioritySchema,
} from './generation.js'
import { idSchema } from './ids.js'
import { maxConditionImages } from './limits.js'

/** Default maximum of history turns: *m* in the LCU of the ACE paper (https://arxiv.org/abs/2410.00086). */
export const defaultHistoryLimit = 5

/** Schema of a condition image of a turn. */
export const turnImageSchema = z.object({
  imageId: idSchema('image'),
  maskId: idSchema('image').nullable().default(null),
  maskMode: maskModeSchema.default('keep'),
})
/**
 * Schema of a condition image in a request for a turn. `maskMode` needs a mask; what an answer says of an image without one
 * (`maskId: null, maskMode: "keep"`) can be sent back as it is.
 */
export const turnImageRequestSchema = z
  .strictObject({
    imageId: idSchema('image'),
    maskId: idSchema('image').nullable().optional(),
    maskMode: maskModeSchema.optional(),
  })
  .refine(({ maskId, maskMode }) => maskId || maskMode === undefined || (maskId === null && maskMode === 'keep'), {
    path: ['maskMode'],
    message: 'needs a mask: send its id as `maskId`',
  })
  .transform(({ imageId, maskId = null, maskMode = 'keep' }) => ({ imageId, maskId, maskMode }))
/** A condition image of a turn, with an optional mask. */
export type TurnImage = z.infer<typeof turnImageSchema>

/** Schema of how much of the conversation the model sees. */
export const historySchema = z.object({
  mode: z.enum(['lineage', 'session', 'none']).default('lineage'),
  limit: z.int().min(0).max(maxConditionImages).optional(),
})
/**
 * `mode`: `lineage` (the turns that led to the image being edited), `session` (the latest turns of the session) or `none`.
 * `limit`: maximum number of history turns, default {@link defaultHistoryLimit}. If their images and the turn's own exceed
 * nine frames, the oldest turns are dropped.
 */
export type History = z.infer<typeof historySchema>

/** Schema of the body of `POST /v1/sessions/:id/turns`. Lengths and limits are checked later and have their own codes. */
export const createTurnSchema = z.strictObject({
  instruction: z.string(),
  images: z.array(turnImageRequestSchema).optional(),
  parentTurnId: idSchema('turn').nullable().optional(),
  history: historySchema.strict().default({ mode: 'lineage' }),
  parameters: parametersRequestSchema.default({}),
  model: z.string().optional(),
  onLongText: z.enum(['refuse', 'truncate']).optional(),
  priority: prioritySchema.default('interactive'),
})
/**
 * Parsed body of a new turn.
 *
 * - `images`: default, the latest image at the turn's place in the tree, if there is one. `[]`: none.
 * - `parentTurnId`: the turn that this one follows; null starts a new root. Default: the turn that made or first used the
 *   first image, otherwise the active turn.
 * - `onLongText`: what happens to text with more tokens than the model reads: default `refuse`.
 */
export type CreateTurn = z.infer<typeof createTurnSchema>
/** Body of a new turn as a caller sends it. */
export type CreateTurnInput = z.input<typeof createTurnSchema>

/** Schema of a turn. */
export const turnSchema = z.object({
  id: idSchema('turn'),
  sessionId: idSchema('session'),
  parentTurnId: idSchema('turn').nullable(),
  /** As typed. What the model read is in `lcu` of each generation. */
  instruction: z.string(),
  images: z.array(turnImageSchema),
  history: historySchema,
  createdAt: z.iso.datetime(),
})
/** A request in a session. It corresponds to one condition unit. */
export type Turn = z.infer<typeof turnSchema>

/** Schema of the 202 response to a new turn. */
export const createTurnResponseSchema = z.object({ turn: turnSchema, generations: z.array(generationSchema) })
/** Response to a new turn. */
export type CreateTurnResponse = z.infer<typeof createTurnResponseSchema>
/** How many of a turn's generations an answer carries: the newest ones. The others come in pages of their own. */
export const shownGenerations = 10
/** Schema of a turn with its generations. */
export const turnWithGenerationsSchema = turnSchema.extend({
  /** The newest {@link shownGenerations}, oldest first. */
  generations: z.array(generationSummarySchema),
})
/** A turn with its newest generations. */
export type TurnWithGenerations = z.infer<typeof turnWithGenerationsSchema>
