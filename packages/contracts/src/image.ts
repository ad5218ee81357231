import { z } from 'zod'
import { idSchema } from './ids.js'

/** Schema of the kind of an image. */
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
/** An image with a short id, mentioned in instructions as `@img_…`. Sizes are in pixels. URLs are signed and expire. */
export type Image = z.infer<typeof imageSchema>

/** Schema of `POST /v1/images/:id/outpaint`. */
export const outpaintRequestSchema = z
  .strictObject({
    top: z.number().min(0).max(2).default(0),
    right: z.number().min(0).max(2).default(0),
    bottom: z.number().min(0).max(2).default(0),
    left: z.number().min(0).max(2).default(0),
  })
  .refine((r) => r.top + r.right + r.bottom + r.left > 0, 'must extend at least one side')
/** How much to add on each side, 0–2, as a ratio of the image's height (top, bottom) or width (left, right). */
export type OutpaintRequest = z.infer<typeof outpaintRequestSchema>

/** Schema of the outpaint response: the padded image, and a mask that covers the new part. */
export const outpaintResponseSchema = z.object({ image: imageSchema, mask: imageSchema })
