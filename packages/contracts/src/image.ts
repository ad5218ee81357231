import { z } from 'zod'
import { idSchema } from './ids.js'

/** What a picture is in Atelier. */
export const imageKindSchema = z.enum(['uploaded', 'generated', 'mask'])
/** `uploaded` by a caller, `generated` by the model, or a `mask` (white = edit here). */
export type ImageKind = z.infer<typeof imageKindSchema>

/** Schema of an image. */
export const imageSchema = z.object({
  id: idSchema('image'),
  kind: imageKindSchema,
  width: z.int(),
  height: z.int(),
  contentType: z.string(),
  bytes: z.int(),
  url: z.string(),
  thumbnailUrl: z.string(),
  generationId: idSchema('generation').nullable(),
  createdAt: z.iso.datetime(),
})
/** A picture with a short id, named in instructions as `@img_…`. Sizes in pixels; URLs are signed and expire. */
export type Image = z.infer<typeof imageSchema>

/** Schema of `POST /v1/images/:id/outpaint`. */
export const outpaintRequestSchema = z
  .object({
    top: z.number().min(0).max(2).default(0),
    right: z.number().min(0).max(2).default(0),
    bottom: z.number().min(0).max(2).default(0),
    left: z.number().min(0).max(2).default(0),
  })
  .refine((r) => r.top + r.right + r.bottom + r.left > 0, 'At least one side must grow.')
/** How much to add on each side, as a ratio of the image's height (top, bottom) or width (left, right), 0–2. */
export type OutpaintRequest = z.infer<typeof outpaintRequestSchema>

/** Schema of the answer of outpaint: the padded image and the mask of the new part. */
export const outpaintResponseSchema = z.object({ image: imageSchema, mask: imageSchema })
