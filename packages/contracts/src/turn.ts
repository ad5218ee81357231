import { z } from 'zod'
import {
  generationSchema,
  generationSummarySchema,
  lcuUnitSchema,
  maskModeSchema,
  parametersRequestSchema,
  parametersSchema,
  prioritySchema,
} from './generation.js'
import { idSchema } from './ids.js'
import { maxConditionImages } from './limits.js'
import { turnWebhookSchema } from './turn-webhook.js'

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
  webhook: turnWebhookSchema.optional(),
})
/**
 * Parsed body of a new turn.
 *
 * - `images`: default, the latest image at the turn's place in the tree, if there is one. `[]`: none.
 * - `parentTurnId`: the turn that this one follows; null starts a new root. Default: the turn that made or first used the
 *   first image, otherwise the active turn.
 * - `onLongText`: what happens to text with more tokens than the model reads: default `refuse`.
 * - `webhook`: who is told how its generations end, besides the owner's webhooks.
 */
export type CreateTurn = z.infer<typeof createTurnSchema>
/** Body of a new turn as a caller sends it. */
export type CreateTurnInput = z.input<typeof createTurnSchema>

/** Schema of the body of `POST /v1/turns/dry-run`: a turn, for a session or without `sessionId` for a new one. */
export const dryRunTurnSchema = createTurnSchema.extend({ sessionId: idSchema('session').optional() })
/** Parsed body of a dry run. Its instruction may be empty. */
export type DryRunTurn = z.infer<typeof dryRunTurnSchema>
/** Body of a dry run as a caller sends it. */
export type DryRunTurnInput = z.input<typeof dryRunTurnSchema>

/** Schema of how long a text is for a model. */
export const textUseSchema = z.object({
  tokens: z.int(),
  /** Most tokens that the model reads. */
  maxTokens: z.int(),
})
/** Schema of the answer to a dry run. */
export const turnOutlookSchema = z.object({
  parentTurnId: idSchema('turn').nullable(),
  images: z.array(turnImageSchema),
  model: z.string(),
  /** Seeds are chosen when the turn is created. */
  parameters: parametersSchema,
  /** What the model would see, oldest turn first. The turn itself comes last and has no id yet. */
  lcu: z.array(lcuUnitSchema.extend({ turnId: idSchema('turn').nullable() })),
  historyDropped: z.array(idSchema('turn')),
  /** Null where it is not known how the model counts. With more tokens than it reads, the turn is refused or cut. */
  instruction: textUseSchema.nullable(),
  negativePrompt: textUseSchema.nullable(),
})
/** What would become of a turn if it were created now. */
export type TurnOutlook = z.infer<typeof turnOutlookSchema>

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
