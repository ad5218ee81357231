import { z } from 'zod'
import { guidanceIntervalSchema, samplerSchema } from './generation.js'

/** Schema of what a denoiser predicts: the noise `eps`, as in ACE, or the velocity `v` = alpha · eps − sigma · x_0. */
export const predictionSchema = z.enum(['eps', 'v'])
/** See {@link predictionSchema}. */
export type Prediction = z.infer<typeof predictionSchema>

/** Schema of a model folder's `manifest.json`, format 1, as written by `ml/atelier_ml/export`. */
export const manifestSchema = z.object({
  format: z.literal(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  family: z.literal('ace'),
  title: z.string(),
  description: z.string(),
  /** How the graphs store weights and compute. Inputs and outputs of the CPU's graphs do not depend on it. See `ml/atelier_ml/export/precision.py`. */
  precision: z.enum(['fp32', 'fp16-storage', 'fp16', 'mixed', 'int8']),
  dit: z.object({ width: z.int(), depth: z.int(), heads: z.int(), patch: z.int(), textWidth: z.int() }),
  /** `scale`: the denoiser sees the VAE mean times this. `downscale`: image pixels per latent pixel, each way. */
  latent: z.object({ channels: z.int(), downscale: z.int(), scale: z.number().positive() }),
  text: z.object({
    maxTokens: z.int(),
    padId: z.int(),
    eosId: z.int(),
    cleaning: z.array(z.enum(['mojibake', 'html', 'whitespace'])),
  }),
  limits: z.object({
    /** Maximum number of tokens (patches) in a frame: (h/16)·(w/16) for ACE. */
    maxFrameTokens: z.int(),
    maxConditionFrames: z.int().max(9),
    /** Width and height must be multiples of this many pixels. */
    sizeMultiple: z.int(),
    minSize: z.int(),
    maxSteps: z.int(),
    maxGuidanceScale: z.number(),
    /** Maximum ratio of the longer side to the shorter one. */
    maxAspect: z.number(),
  }),
  defaults: z.object({
    width: z.int(),
    height: z.int(),
    steps: z.int(),
    guidanceScale: z.number(),
    guidanceRescale: z.number(),
    sampler: samplerSchema,
    guidanceInterval: guidanceIntervalSchema.default(null),
  }),
  /**
   * What `speed: "fast"` means: settings in place of the defaults, the number of steps that share the keys and values of
   * the condition frames, and by what share what the first block adds may change in these steps so that, on CUDA, the
   * other blocks are not computed (0: they always are). Absent: the model has no `fast`.
   */
  fast: z
    .object({
      historyRefresh: z.int().min(1).default(1),
      stepCache: z.number().min(0).max(1).default(0),
      steps: z.int().min(1).optional(),
      sampler: samplerSchema.optional(),
      guidanceInterval: guidanceIntervalSchema.optional(),
    })
    .refine(({ historyRefresh, stepCache }) => historyRefresh > 1 || stepCache === 0, {
      path: ['stepCache'],
      message: 'needs a historyRefresh of 2 or more',
    })
    .optional(),
  /** Samplers that a generation may choose. Default: all. */
  samplers: z
    .array(samplerSchema)
    .min(1)
    .default([...samplerSchema.options]),
  scheduler: z.object({
    trainSteps: z.int(),
    betaStart: z.number(),
    betaEnd: z.number(),
    schedule: z.literal('linear'),
    spacing: z.literal('trailing'),
    prediction: predictionSchema,
  }),
  /** Linear map from a scaled latent pixel to RGB in −1..1, with one row of `factors` per latent channel. */
  preview: z.object({
    factors: z.array(z.tuple([z.number(), z.number(), z.number()])),
    bias: z.tuple([z.number(), z.number(), z.number()]),
  }),
  indicators: z.object({ file: z.string(), shape: z.tuple([z.literal(10), z.int()]) }),
  tokenizer: z.object({ file: z.string() }),
  graphs: z.object({
    textEncoder: z.string(),
    conditioner: z.string(),
    denoiser: z.string(),
    vaeEncoder: z.string(),
    vaeDecoder: z.string(),
  }),
  /**
   * Graphs used on CUDA instead of the conditioner and the denoiser: fewer bytes to and from the device, several steps in
   * one run. Absent: the same graphs run everywhere.
   */
  cuda: z
    .object({
      textProjector: z.string(),
      sampler: z.string(),
      /** In place of the sampler where the steps of a run share what the first one computes. */
      keptSampler: z.string().optional(),
      /** Steps of a run, between two chances to cancel and to show progress. */
      stepsPerRun: z.int().min(1),
    })
    .optional(),
  examples: z.array(z.string()).default([]),
  vocabulary: z.array(z.string()).default([]),
  training: z.record(z.string(), z.unknown()).optional(),
  files: z.array(
    z.object({
      path: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/),
      bytes: z.int(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
})
/** Schema of the parts of a model that a worker may keep in memory. `denoiser` includes the conditioner. */
export const residentPartSchema = z.enum(['text-encoder', 'denoiser', 'vae-encoder', 'vae-decoder'])
/** See {@link residentPartSchema}. */
export type ResidentPart = z.infer<typeof residentPartSchema>

/** Contents of a model folder's `manifest.json`. */
export type Manifest = z.infer<typeof manifestSchema>

/** Schema of a model in `GET /v1/models`. */
export const modelSchema = manifestSchema
  .pick({
    name: true,
    family: true,
    title: true,
    description: true,
    limits: true,
    defaults: true,
    fast: true,
    samplers: true,
    examples: true,
    vocabulary: true,
  })
  .extend({ default: z.boolean() })
/** A model that this server offers. */
export type Model = z.infer<typeof modelSchema>

/** The part of a manifest that callers see. */
export function modelOf(manifest: Manifest, isDefault: boolean): Model {
  const { name, family, title, description, limits, defaults, fast, samplers, examples, vocabulary } = manifest
  const shown = { name, family, title, description, limits, defaults, samplers, examples, vocabulary }
  return { ...shown, ...(fast && { fast }), default: isDefault }
}
