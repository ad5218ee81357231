import { z } from 'zod'
import { generationSchema, maskModeSchema, parametersRequestSchema } from './generation.js'
import { idSchema } from './ids.js'

/** Longest instruction, in characters. */
export const maxInstructionLength = 2000
/** Most condition images that the model can tell apart (indicators `{image}` … `{image9}`, one kept for the target). */
export const maxConditionImages = 9

/** Most history turns unless a turn says otherwise (the paper's m). */
export const defaultHistoryLimit = 5

/** Schema of an image of a turn's request. */
export const turnImageSchema = z.object({
  imageId: idSchema('image'),
  maskId: idSchema('image').nullable().default(null),
  maskMode: maskModeSchema.default('keep'),
})
/** One condition image of a turn with its optional mask. */
export type TurnImage = z.infer<typeof turnImageSchema>

/** Schema of how much of the conversation the model sees. */
export const historySchema = z.object({
  mode: z.enum(['lineage', 'session', 'none']).default('lineage'),
  limit: z.int().min(0).max(maxConditionImages).optional(),
})
/**
 * `lineage`: the turns that led to the image being edited; `session`: the latest turns of the session; `none`.
 * `limit`: most history turns, default {@link defaultHistoryLimit}; of these the oldest are dropped when the frames of all
 * would be more than nine.
 */
export type History = z.infer<typeof historySchema>

/** Schema of `POST /v1/sessions/:id/turns`. Length and limits are checked with codes of their own. */
export const createTurnSchema = z.object({
  instruction: z.string(),
  images: z.array(turnImageSchema).optional(),
  parentTurnId: idSchema('turn').nullable().optional(),
  history: historySchema.default({ mode: 'lineage' }),
  parameters: parametersRequestSchema.default({}),
  model: z.string().optional(),
})
/**
 * Body of a new turn, parsed. `images` left out: the latest image at the turn's place in the tree if there is one; `[]`:
 * none. `parentTurnId` puts the turn there in the session's tree (the parent of another turn: a sibling of it, null: a
 * root); left out: the turn that made or first used its first image, else the active turn.
 */
export type CreateTurn = z.infer<typeof createTurnSchema>
/** Body of a new turn as a caller writes it. */
export type CreateTurnInput = z.input<typeof createTurnSchema>

/** Schema of a turn. */
export const turnSchema = z.object({
  id: idSchema('turn'),
  sessionId: idSchema('session'),
  parentTurnId: idSchema('turn').nullable(),
  /** As typed; what the model read is `lcu` of the generations. */
  instruction: z.string(),
  images: z.array(turnImageSchema),
  history: historySchema,
  createdAt: z.iso.datetime(),
})
/** One request in a session = one condition unit. */
export type Turn = z.infer<typeof turnSchema>

/** Schema of the 202 answer to a new turn. */
export const createTurnResponseSchema = z.object({ turn: turnSchema, generations: z.array(generationSchema) })
/** Answer to a new turn. */
export type CreateTurnResponse = z.infer<typeof createTurnResponseSchema>
/** Schema of a turn with its generations, as a session shows it. */
export const turnWithGenerationsSchema = turnSchema.extend({ generations: z.array(generationSchema) })
/** A turn with its generations. */
export type TurnWithGenerations = z.infer<typeof turnWithGenerationsSchema>
