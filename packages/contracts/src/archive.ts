import { z } from 'zod'
import { textSchema } from './characters.js'
import { failureSchema } from './atelier-error.js'
import {
  generationSchema,
  generationStatusSchema,
  lcuImageSchema,
  lcuUnitSchema,
  parametersSchema,
} from './generation.js'
import { imageSchema } from './image.js'
import { maxConditionImages, maxInstructionLength, maxTitleLength } from './limits.js'
import { sessionSchema } from './session.js'
import { turnSchema } from './turn.js'

/** Version of the archive format. */
export const archiveFormat = 1
/** Name of the file in an archive that describes the session. */
export const archiveManifestName = 'session.json'

// An import is untrusted: only values the database can store, so 32-bit integers and no time before 1970.
const count = z
  .int()
  .min(0)
  .max(2 ** 31 - 1)
const time = z.iso.datetime().refine((text) => Date.parse(text) >= 0, 'must not be before 1970')
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 hash in lower-case hexadecimal')

/** File extension of an image, by content type. */
export const pictureExtensions = { 'image/png': 'png', 'image/jpeg': 'jpg', 'image/webp': 'webp' } as const

const archivedTurnSchema = turnSchema.omit({ sessionId: true }).extend({ createdAt: time })

// What may be stored may be run again and is shown again, so a record is as small as one that was made here.
const archivedUnitSchema = lcuUnitSchema.extend({
  // a person's character may be several of these
  instruction: z.string().max(4 * maxInstructionLength),
  images: z
    .array(
      lcuImageSchema.extend({ indicator: z.string().regex(/^\{image[1-9]?\}$/, 'must be a name such as {image1}') }),
    )
    .max(maxConditionImages),
})
const name = z.string().max(100)

const archivedGenerationSchema = generationSchema
  .omit({ sessionId: true, steps: true, images: true, priority: true })
  .extend({
    status: generationStatusSchema.exclude(['queued', 'running']),
    attempt: count,
    step: count,
    parameters: parametersSchema.extend({ negativePrompt: z.string().max(maxInstructionLength) }),
    model: name,
    /** Each unit but the last has a picture. */
    lcu: z.array(archivedUnitSchema).max(maxConditionImages + 1),
    historyDropped: generationSchema.shape.historyDropped.max(maxConditionImages),
    timings: z
      .record(name, z.number())
      .refine((all) => Object.keys(all).length <= 100, 'must have at most 100 entries'),
    device: name.nullable(),
    error: failureSchema.extend({ message: z.string().max(maxInstructionLength) }).nullable(),
    seed: z
      .int()
      .min(0)
      .max(2 ** 32 - 1),
    createdAt: time,
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
  })

const archivedImageSchema = imageSchema.omit({ url: true, thumbnailUrl: true }).extend({
  width: count,
  height: count,
  bytes: count,
  contentType: z.enum(Object.keys(pictureExtensions) as [keyof typeof pictureExtensions]),
  /** Of the image file. */
  sha256,
  thumbnailSha256: sha256,
  /** Position among the images of its generation; null, like `generationId`, if it was not made in this session. */
  index: count.nullable(),
  createdAt: time,
  /** Paths in the archive. */
  file: z.string(),
  thumbnail: z.string(),
})

/**
 * Schema of `session.json` in a session archive: the turns, oldest first, the generations that have ended, and every
 * image that a turn used or a generation made. Ids are those of the exported session.
 */
export const archiveSchema = z.object({
  format: z.literal(archiveFormat),
  session: sessionSchema.omit({ id: true, lastSeq: true }).extend({
    title: textSchema(maxTitleLength).nullable(),
    createdAt: time,
    updatedAt: time,
  }),
  turns: z.array(archivedTurnSchema),
  generations: z.array(archivedGenerationSchema),
  images: z.array(archivedImageSchema),
})
/** Contents of `session.json`, see {@link archiveSchema}. */
export type Archive = z.infer<typeof archiveSchema>
/** A turn in an archive. */
export type ArchivedTurn = Archive['turns'][number]
/** A generation in an archive. */
export type ArchivedGeneration = Archive['generations'][number]
/** An image in an archive. */
export type ArchivedImage = Archive['images'][number]
