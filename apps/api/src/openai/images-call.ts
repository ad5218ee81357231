import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { ApiContext } from '../api-context.js'
import { checkText } from '../check-text.js'
import { withForm, type FormFile } from '../uploads.js'
import { invalidParam } from './door-error.js'
import {
  editOptionsSchema,
  editPicturesSchema,
  generationCallSchema,
  mostPictures,
  plainFields,
  variationOptionsSchema,
  type EventFamily,
  type ImagesOptions,
} from './images-wire.js'
import { referredPicture, type SentPicture } from './sent-pictures.js'

/** A call for pictures, whichever route and form it came by. */
export interface ImagesCall {
  prompt: string
  options: ImagesOptions & { mask_mode?: 'keep' | 'erase' | undefined }
  /** The first is the one to edit. */
  pictures: SentPicture[]
  mask?: SentPicture
  /** The turn that it follows. */
  follows?: string
  /** Whether it edits; undefined: if there is something to edit. */
  edits?: boolean
  events: EventFamily
  /** Of all that makes two calls the same: route, fields and files. */
  hash: string
}

/** What a turn says that only makes a picture again. */
const variationPrompt = 'a variation of this picture'

/** What makes two calls the same. */
export const hashOf = (route: string, fields: object, files: readonly FormFile[] = []): string => {
  const content = [route, Object.entries(fields), files.map(({ name, sha256 }) => [name, sha256])]
  return createHash('sha256').update(JSON.stringify(content)).digest('hex')
}

function parse<S extends z.ZodType>(schema: S, fields: object): z.infer<S> {
  return schema.parse(fields)
}

/** The call of `POST /images/generations`. @throws ZodError */
export function readGeneration(body: unknown): ImagesCall {
  const sent = objectOf(body)
  const { prompt, ...options } = parse(generationCallSchema, plainFields(sent))
  return { prompt, options, pictures: [], events: 'image_generation', hash: hashOf('generations', sent) }
}

function objectOf(body: unknown): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>
  throw invalidParam('body', 'must be a JSON object')
}

/** Names of the part of a picture: `image`, `image[]` for lists, `image[0]`. */
const isPicture = ({ name }: FormFile): boolean => /^image(\[\d*\])?$/.test(name)

/** What is read of a form with pictures. @throws DoorError for parts that fit nowhere, or of which there are too many */
function picturesOf(files: readonly FormFile[], most: number): { pictures: SentPicture[]; mask?: SentPicture } {
  const pictures = files.filter(isPicture)
  const masks = files.filter(({ name }) => name === 'mask')
  const other = files.find((file) => !pictures.includes(file) && !masks.includes(file))
  if (other) throw invalidParam(other.name.slice(0, 100), 'is not a file of this call; name it `image` or `mask`')
  if (!pictures.length) throw invalidParam('image', 'is missing')
  if (pictures.length > most) throw invalidParam('image', `has ${pictures.length} files; ${most} are allowed`)
  if (masks.length > 1) throw invalidParam('mask', 'is there twice')
  const empty = files.find(({ bytes }) => !bytes)
  if (empty) throw invalidParam(empty === masks[0] ? 'mask' : 'image', 'is empty')
  return { pictures, ...(masks[0] && { mask: masks[0] }) }
}

type Deps = Pick<ApiContext, 'spool' | 'settings'> & { remoteImages: boolean }

/**
 * Reads the call of `POST /images/edits` or `/images/variations`, whose files are kept on disk while `use` works with them.
 *
 * @throws DoorError, ZodError, AtelierError
 */
export async function withPictureCall<T>(
  request: FastifyRequest,
  kind: 'edits' | 'variations',
  { spool, settings, remoteImages }: Deps,
  use: (call: ImagesCall) => Promise<T>,
): Promise<T> {
  const { uploadBytes: maxBytes } = settings.limits
  const most = kind === 'edits' ? mostPictures.sent : 1
  const callOf = (fields: Record<string, unknown>, sent: Pick<ImagesCall, 'pictures' | 'mask'>, hash: string) => {
    const plain = plainFields(fields)
    const { prompt, ...options } =
      kind === 'edits'
        ? parse(editOptionsSchema, plain)
        : { prompt: variationPrompt, ...parse(variationOptionsSchema, plain) }
    return use({ prompt, options, ...sent, events: 'image_edit', hash })
  }
  if (request.isMultipart())
    return withForm(request, spool, { files: most + 1, fileBytes: maxBytes }, async ({ files, fields }) => {
      checkText(fields)
      return callOf(fields, picturesOf(files, most), hashOf(kind, fields, files))
    })
  const body = objectOf(request.body)
  if (kind === 'variations') throw invalidParam('image', 'must be a file of a multipart/form-data body')
  const { images, mask } = parse(editPicturesSchema, { images: body.images, mask: body.mask ?? undefined })
  const options = { remoteImages, maxBytes }
  const pictures = images.map((image) => referredPicture(image, 'image', options))
  const sent = { pictures, ...(mask && { mask: referredPicture(mask, 'mask', options) }) }
  return callOf(body, sent, hashOf(kind, body))
}
