import { z } from 'zod'
import { textSchema } from './characters.js'
import { failureSchema } from './atelier-error.js'
import { idSchema } from './ids.js'
import { imageSchema } from './image.js'
import { maxInstructionLength } from './limits.js'

/** Schema of the status of a generation. */
export const generationStatusSchema = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled'])
/** `queued → running → succeeded | failed | cancelled`. When its worker is lost, a running generation is queued again. */
export type GenerationStatus = z.infer<typeof generationStatusSchema>

/** Whether a status is final. */
export const isTerminal = (status: GenerationStatus): boolean => status !== 'queued' && status !== 'running'

/** Schema of how urgent a turn is. */
export const prioritySchema = z.enum(['interactive', 'background'])
/** `interactive`: somebody waits for it. `background`: it may wait, but always gets a share of the workers. */
export type Priority = z.infer<typeof prioritySchema>

/** How a mask is used: `keep` shows the model the whole image; `erase` blanks the masked part first (repainting). */
export const maskModeSchema = z.enum(['keep', 'erase'])
/** See {@link maskModeSchema}. */
export type MaskMode = z.infer<typeof maskModeSchema>

/**
 * The algorithm that removes the noise: `ddim` (first order), or `dpm++2m` (DPM-Solver++ 2M, second order: as accurate in
 * fewer steps). Both use the same time steps and the same guidance.
 */
export const samplerSchema = z.enum(['ddim', 'dpm++2m'])
/** See {@link samplerSchema}. */
export type Sampler = z.infer<typeof samplerSchema>

/**
 * `[from, to]`: the part of the sampling run that is guided, as shares of the steps (0 = the start, pure noise; 1 = the
 * end), 0 ≤ from < to ≤ 1. A step whose midpoint lies outside runs unguided, in half the time. Null: every step is guided.
 */
export const guidanceIntervalSchema = z.tuple([z.number(), z.number()]).nullable()

/** Schema of how a generation trades exactness for time. */
export const speedSchema = z.enum(['exact', 'fast'])
/**
 * `exact`: as the model is defined. `fast`: with the settings that the model names for it, which lose next to nothing; see
 * `docs/samplers.md`.
 */
export type Speed = z.infer<typeof speedSchema>

/** Schema of the parameters a caller may set for a turn. The limits of the model also apply. */
export const parametersRequestSchema = z.strictObject({
  width: z.int().optional(),
  height: z.int().optional(),
  steps: z.int().optional(),
  guidanceScale: z.number().optional(),
  guidanceRescale: z.number().optional(),
  sampler: samplerSchema.optional(),
  guidanceInterval: guidanceIntervalSchema.optional(),
  speed: speedSchema.optional(),
  seed: z.int().optional(),
  negativePrompt: textSchema(maxInstructionLength).optional(),
  count: z.int().optional(),
  keepUnmasked: z.boolean().optional(),
})
/** Parameters in a request. Omitted ones take the model's defaults. */
export type ParametersRequest = z.infer<typeof parametersRequestSchema>

/** Schema of the resolved parameters of a generation. */
export const parametersSchema = z.object({
  /** Pixels. With condition images: the size that the first one has for the model. */
  width: z.int(),
  height: z.int(),
  /** Denoising steps, 1 to the model's limit. */
  steps: z.int(),
  /** 1 = no guidance. */
  guidanceScale: z.number(),
  /** 0–1. */
  guidanceRescale: z.number(),
  /** The defaults of `sampler`, `guidanceInterval` and `speed` apply to archives older than these parameters. */
  sampler: samplerSchema.default('ddim'),
  guidanceInterval: guidanceIntervalSchema.default(null),
  speed: speedSchema.default('exact'),
  negativePrompt: z.string(),
  /**
   * Whether to restore the original pixels (at the prepared size) outside the mask of the turn's first image, blended by a
   * soft edge inside the mask. Default: true if that mask has mode `erase`, otherwise false.
   */
  keepUnmasked: z.boolean(),
})
/** Parameters of a generation, fixed when its turn is created. */
export type Parameters = z.infer<typeof parametersSchema>

/** Schema of an image in a condition unit, as the model sees it. */
export const lcuImageSchema = z.object({
  imageId: idSchema('image'),
  maskId: idSchema('image').nullable(),
  maskMode: maskModeSchema,
  /** The name of this image in the instructions: `{image}`, `{image1}` … `{image9}`. */
  indicator: z.string(),
})
/** Schema of a condition unit, as the model sees it. */
export const lcuUnitSchema = z.object({
  turnId: idSchema('turn'),
  /** The instruction with each `@img_…` replaced by the image's indicator. */
  instruction: z.string(),
  images: z.array(lcuImageSchema),
  /** True when the turn's text was longer than the model reads; `instruction` is the part that it reads. */
  truncated: z.literal(true).optional(),
})
/** A condition unit: the instruction of one turn and its images. */
export type LcuUnit = z.infer<typeof lcuUnitSchema>
/** Schema of a long-context condition unit (LCU): oldest turn first, the current turn last. */
export const lcuSchema = z.array(lcuUnitSchema)
/** What the model saw: oldest turn first, the current turn last. See `docs/lcu.md`. */
export type Lcu = z.infer<typeof lcuSchema>

/** Schema of how a reproduction compares with its original. The results are null until it has succeeded. */
export const reproductionSchema = z.object({
  /** The generation being reproduced. */
  generationId: idSchema('generation'),
  /** Whether all pixels are equal. */
  equal: z.boolean().nullable(),
  differentPixels: z.int().nullable(),
  /** Largest difference in one channel, 0–255. */
  maxDifference: z.int().nullable(),
  /** Whether both ran on the same kind of device. Only then is equality guaranteed. */
  sameDevice: z.boolean().nullable(),
})
/** See {@link reproductionSchema}. */
export type Reproduction = z.infer<typeof reproductionSchema>

/** Schema of the body of `POST /v1/generations/:id/retry`. `seed` is that of the new generation, default random. */
export const retrySchema = z.strictObject({
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
  /** That of its turn. */
  priority: prioritySchema.default('interactive'),
  /** How many times a worker has started it. */
  attempt: z.int(),
  /** Last finished step, 0 to `steps`. */
  step: z.int(),
  steps: z.int(),
  /** 0 to 2³²−1. The same seed gives the same image on the same kind of machine. */
  seed: z.int(),
  parameters: parametersSchema,
  model: z.string(),
  lcu: lcuSchema,
  /** Turns dropped from the history because the model has only nine frames; oldest first. */
  historyDropped: z.array(idSchema('turn')),
  images: z.array(imageSchema),
  /**
   * Milliseconds per stage (`queuedMs`, `encodeMs`, `denoiseMs`, `decodeMs`, `totalMs` …), and how many texts and images
   * were not in the cache and had to be encoded (`textsEncoded`, `imagesEncoded`). `batch`: most generations that shared
   * a step with it, itself included; left out if none did. Empty until it has run.
   */
  timings: z.record(z.string(), z.number()),
  /** Kind of device it ran on, such as `cpu` or `cuda`. Null until it has succeeded. */
  device: z.string().nullable(),
  /** Set if it reproduces another generation (`POST /v1/generations/:id/reproduce`). */
  reproduction: reproductionSchema.nullable(),
  error: failureSchema.nullable(),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
})
/** One run of the model for a turn. */
export type Generation = z.infer<typeof generationSchema>

/** Schema of a generation as lists, sessions and events show it: without what the model saw, which can be long. */
export const generationSummarySchema = generationSchema.omit({ lcu: true, historyDropped: true })
/** A generation without its LCU; `GET /v1/generations/:id` has the whole. */
export type GenerationSummary = z.infer<typeof generationSummarySchema>

/** Schema of where a generation stands in the queue. Both are null for one that has ended. */
export const queuePlaceSchema = z.object({
  /** How many queued generations are ahead of it; 0 = next. Null once it runs. */
  position: z.int().nullable(),
  /** Seconds until it will have ended, from measured times, in tenths. Null if nothing was measured yet or no worker is alive. */
  etaSeconds: z.number().nullable(),
})
/** See {@link queuePlaceSchema}. */
export type QueuePlace = z.infer<typeof queuePlaceSchema>
/** Schema of `GET /v1/generations/:id`. */
export const placedGenerationSchema = generationSchema.extend(queuePlaceSchema.shape)
/** A generation with its place in the queue. */
export type PlacedGeneration = z.infer<typeof placedGenerationSchema>
