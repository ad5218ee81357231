import { z } from 'zod'
import { failureSchema } from './errors.js'
import { idSchema } from './ids.js'
import { imageSchema } from './image.js'

/** Schema of the status of a generation. */
export const generationStatusSchema = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled'])
/** `queued → running → succeeded | failed | cancelled`; a lost worker puts `running` back to `queued`. */
export type GenerationStatus = z.infer<typeof generationStatusSchema>

/** True for a status that never changes again. */
export const isTerminal = (status: GenerationStatus): boolean => status !== 'queued' && status !== 'running'

/** How a mask is used: `keep` shows the model the whole image; `erase` blanks the masked part first (repainting). */
export const maskModeSchema = z.enum(['keep', 'erase'])
/** See {@link maskModeSchema}. */
export type MaskMode = z.infer<typeof maskModeSchema>

/**
 * How the noise is taken out: `ddim` (first order), or `dpm++2m` (DPM-Solver++ 2M, second order: as close with fewer
 * steps). Both go through the same steps with the same guidance.
 */
export const samplerSchema = z.enum(['ddim', 'dpm++2m'])
/** See {@link samplerSchema}. */
export type Sampler = z.infer<typeof samplerSchema>

/**
 * `[from, to]`: the shares of the steps (0 = the first, all noise; 1 = the end), 0 ≤ from < to ≤ 1, between which guidance
 * is used. A step whose middle lies outside goes without, which takes half its time. Null: all steps are guided.
 */
export const guidanceIntervalSchema = z.tuple([z.number(), z.number()]).nullable()

/** Schema of the parameters that a caller may set for a turn; limits of the model apply on top. */
export const parametersRequestSchema = z.object({
  width: z.int().optional(),
  height: z.int().optional(),
  steps: z.int().optional(),
  guidanceScale: z.number().optional(),
  guidanceRescale: z.number().optional(),
  sampler: samplerSchema.optional(),
  guidanceInterval: guidanceIntervalSchema.optional(),
  seed: z.int().optional(),
  negativePrompt: z.string().max(2000).optional(),
  count: z.int().optional(),
  keepUnmasked: z.boolean().optional(),
})
/** Parameters of a request; what is left out comes from the model's defaults. */
export type ParametersRequest = z.infer<typeof parametersRequestSchema>

/** Schema of the parameters of a generation, all decided. */
export const parametersSchema = z.object({
  /** Pixels. With condition images the target takes the prepared size of the turn's first image instead. */
  width: z.int(),
  height: z.int(),
  /** Denoising steps, 1 … the model's limit. */
  steps: z.int(),
  /** 1 = no guidance. */
  guidanceScale: z.number(),
  /** 0 … 1. */
  guidanceRescale: z.number(),
  /** The defaults here are what generations were made with whose archives do not name them. */
  sampler: samplerSchema.default('ddim'),
  guidanceInterval: guidanceIntervalSchema.default(null),
  negativePrompt: z.string(),
  /**
   * Whether everything outside the mask of the turn's first image is that image's own pixels again (at the prepared size),
   * with a soft edge inside the mask. Default: true when that mask has the mode `erase`, else false.
   */
  keepUnmasked: z.boolean(),
})
/** Parameters of a generation, fixed when its turn is created. */
export type Parameters = z.infer<typeof parametersSchema>

/** Schema of one image of a condition unit, as the model saw it. */
export const lcuImageSchema = z.object({
  imageId: idSchema('image'),
  maskId: idSchema('image').nullable(),
  maskMode: maskModeSchema,
  /** `{image}`, `{image1}` … `{image9}`: the name of this image in the texts. */
  indicator: z.string(),
})
/** Schema of one condition unit, as the model saw it. */
export const lcuUnitSchema = z.object({
  turnId: idSchema('turn'),
  /** The instruction with `@img_…` mentions replaced by indicators. */
  instruction: z.string(),
  images: z.array(lcuImageSchema),
})
/** One condition unit. */
export type LcuUnit = z.infer<typeof lcuUnitSchema>
/** Schema of a long-context condition unit: oldest first, the current turn last. */
export const lcuSchema = z.array(lcuUnitSchema)
/** What the model really saw: oldest first, the current turn last. */
export type Lcu = z.infer<typeof lcuSchema>

/** Schema of what a generation that repeats another one found. The numbers are null until it has succeeded. */
export const reproductionSchema = z.object({
  /** The generation that it repeats. */
  generationId: idSchema('generation'),
  /** Whether all pixels are equal. */
  equal: z.boolean().nullable(),
  differentPixels: z.int().nullable(),
  /** Largest difference of one channel, 0 … 255. */
  maxDifference: z.int().nullable(),
  /** Whether both ran on a device of the same kind; only then equality is promised. */
  sameDevice: z.boolean().nullable(),
})
/** See {@link reproductionSchema}. */
export type Reproduction = z.infer<typeof reproductionSchema>

/** Schema of the body of `POST /v1/generations/:id/retry`: the seed of the new generation, default random. */
export const retrySchema = z.object({
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .optional(),
})

/** Schema of a generation. */
export const generationSchema = z.object({
  id: idSchema('generation'),
  turnId: idSchema('turn'),
  sessionId: idSchema('session'),
  status: generationStatusSchema,
  /** How often a worker has started it. */
  attempt: z.int(),
  /** Last finished step, 0 … steps. */
  step: z.int(),
  steps: z.int(),
  /** 0 … 2³²−1; same seed, same picture on machines of one kind. */
  seed: z.int(),
  parameters: parametersSchema,
  model: z.string(),
  lcu: lcuSchema,
  /** Turns that the history would have shown, but that had to go because of the nine frames; oldest first. */
  historyDropped: z.array(idSchema('turn')),
  images: z.array(imageSchema),
  /**
   * Milliseconds by stage (`queuedMs`, `encodeMs`, `denoiseMs`, `decodeMs`, `totalMs` …), and how many texts and images had
   * to be encoded anew (`textsEncoded`, `imagesEncoded`); empty until it has run.
   */
  timings: z.record(z.string(), z.number()),
  /** Kind of device it ran on, such as `cpu` or `cuda`; null until it has succeeded. */
  device: z.string().nullable(),
  /** Set when it repeats another generation (`POST /v1/generations/:id/reproduce`). */
  reproduction: reproductionSchema.nullable(),
  error: failureSchema.nullable(),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
})
/** One run of the model for a turn. */
export type Generation = z.infer<typeof generationSchema>
