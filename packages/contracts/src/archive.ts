import { z } from 'zod'
import { generationSchema, generationStatusSchema } from './generation.js'
import { imageSchema } from './image.js'
import { sessionSchema } from './session.js'
import { turnSchema } from './turn.js'

/** The version of the archive's format. */
export const archiveFormat = 1
/** Name of the file in an archive that describes the session. */
export const archiveManifestName = 'session.json'

// what a database can store: 32-bit numbers, and no times before it kept any
const count = z
  .int()
  .min(0)
  .max(2 ** 31 - 1)
const time = z.iso.datetime().refine((text) => Date.parse(text) >= 0, 'must not be before 1970')
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in lower case')

/** Extensions of the files of pictures, by content type. */
export const pictureExtensions = { 'image/png': 'png', 'image/jpeg': 'jpg', 'image/webp': 'webp' } as const

const archivedTurnSchema = turnSchema.omit({ sessionId: true }).extend({ createdAt: time })

const archivedGenerationSchema = generationSchema.omit({ sessionId: true, steps: true, images: true }).extend({
  status: generationStatusSchema.exclude(['queued', 'running']),
  attempt: count,
  step: count,
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
  /** Of the picture's file. */
  sha256,
  thumbnailSha256: sha256,
  /** Position among the images of its generation; null, like `generationId`, when it was not made in this session. */
  index: count.nullable(),
  createdAt: time,
  /** Paths in the archive. */
  file: z.string(),
  thumbnail: z.string(),
})

/**
 * Schema of `session.json` in the archive of a session: its turns, oldest first, its generations that have ended, and
 * every picture that the turns used or the generations made. Ids are those of the session that was exported.
 */
export const archiveSchema = z.object({
  format: z.literal(archiveFormat),
  session: sessionSchema.omit({ id: true, lastSeq: true }).extend({
    title: z.string().max(200).nullable(),
    createdAt: time,
    updatedAt: time,
  }),
  turns: z.array(archivedTurnSchema),
  generations: z.array(archivedGenerationSchema),
  images: z.array(archivedImageSchema),
})
/** What `session.json` holds, see {@link archiveSchema}. */
export type Archive = z.infer<typeof archiveSchema>
/** A turn of an archive. */
export type ArchivedTurn = Archive['turns'][number]
/** A generation of an archive. */
export type ArchivedGeneration = Archive['generations'][number]
/** A picture of an archive. */
export type ArchivedImage = Archive['images'][number]
