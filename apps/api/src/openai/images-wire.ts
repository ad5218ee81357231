import { idSchema, maxInstructionLength, speedSchema, textSchema } from '@atelier/contracts'
import { z } from 'zod'

// What goes over the wire at /openai/v1/images, in the words of OpenAI. Everything here is theirs, but for the fields that
// say so.

/** Longest prompt in characters, more than a turn takes: the rest is cut off. */
export const maxPromptLength = 32_000
/** Most pictures of one call, sent and made. */
export const mostPictures = { sent: 16, made: 10 }

/** Formats of pictures in answers. */
export const outputFormatSchema = z.enum(['png', 'jpeg', 'webp'])
/** See {@link outputFormatSchema}. */
export type OutputFormat = z.infer<typeof outputFormatSchema>

const sizeForm = /^(auto|[1-9]\d{0,4}x[1-9]\d{0,4})$/

/** Fields of all calls. Those that we do not use are not here, and ignored. */
export const optionsShape = {
  model: z.string().max(200).optional().describe('A name of `GET /openai/v1/models`; left out: the default model.'),
  n: z.int().min(1).max(mostPictures.made).optional().describe('How many pictures.'),
  size: z
    .string()
    .regex(sizeForm, 'must be `auto` or a size such as `1024x1024`')
    .optional()
    .describe('`auto`, or width x height; the nearest size of the model is made. An edit has the size of its picture.'),
  quality: z
    .enum(['auto', 'low', 'medium', 'high', 'xhigh', 'max', 'standard', 'hd'])
    .optional()
    .describe('How many steps the model takes: `low` half as many as usual, `high` half as many more.'),
  output_format: outputFormatSchema.optional().describe('Format of `b64_json`; default `png`.'),
  output_compression: z.int().min(0).max(100).optional().describe('Quality of JPEG and WebP; default 100.'),
  response_format: z
    .enum(['b64_json', 'url'])
    .optional()
    .describe('`url`: an address that expires, in place of the picture.'),
  stream: z.boolean().optional().describe('Answers with server-sent events.'),
  partial_images: z.int().min(0).max(3).optional().describe('Most previews of each picture on a stream.'),
  // ours
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .optional()
    .describe('Where the noise starts. Not of OpenAI.'),
  steps: z.int().min(1).optional().describe('Denoising steps, in place of `quality`. Not of OpenAI.'),
  speed: speedSchema
    .optional()
    .describe('`exact` (default), or `fast` with the settings that the model names for it. Not of OpenAI.'),
  guidance_scale: z.number().optional().describe('How closely to follow the prompt. Not of OpenAI.'),
  negative_prompt: textSchema(maxInstructionLength).optional().describe('What to avoid. Not of OpenAI.'),
  session_id: idSchema('session').optional().describe('The session to go on with. Not of OpenAI.'),
}
const promptSchema = z.string().min(1).max(maxPromptLength).describe('What to make or change.')

/** Schema of `POST /images/generations`. */
export const generationCallSchema = z.object({ prompt: promptSchema, ...optionsShape })
/** Schema of the fields of `POST /images/edits` besides its pictures. */
export const editOptionsSchema = z.object({
  prompt: promptSchema,
  ...optionsShape,
  // ours
  mask_mode: z
    .enum(['keep', 'erase'])
    .optional()
    .describe('`keep` (default) shows the model what the mask marks, `erase` blanks it first. Not of OpenAI.'),
})
/** Schema of the fields of `POST /images/variations` besides its picture. */
export const variationOptionsSchema = z.object(optionsShape)

/** Schema of a picture in a JSON body: an address or a `data:` URL, or the id of one of the owner's. */
export const pictureReferenceSchema = z
  .object({ image_url: z.string().min(1).optional(), file_id: z.string().min(1).max(200).optional() })
  .refine(({ image_url: url, file_id: id }) => (url === undefined) !== (id === undefined), {
    error: 'needs either `image_url` or `file_id`',
  })
/** See {@link pictureReferenceSchema}. */
export type PictureReference = z.infer<typeof pictureReferenceSchema>
/** Schema of the pictures of `POST /images/edits` in JSON. */
export const editPicturesSchema = z.object({
  images: z.array(pictureReferenceSchema).min(1).max(mostPictures.sent),
  mask: pictureReferenceSchema.optional(),
})

/** What a call asks for, whatever it is about. */
export type ImagesOptions = z.infer<z.ZodObject<typeof optionsShape>>

const numbers = new Set(['n', 'output_compression', 'partial_images', 'seed', 'steps', 'guidance_scale'])
const absent = new Set(['', 'null', 'None', 'undefined'])

/**
 * The fields of a call as its schema knows them: in forms everything is text, and absent values come as null or as the
 * word for it in some language.
 */
export function plainFields(sent: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fields = Object.entries(sent).flatMap(([name, value]): [string, unknown][] => {
    if (value === null || value === undefined) return []
    if (typeof value !== 'string' || name === 'prompt') return [[name, value]]
    if (absent.has(value)) return []
    if (numbers.has(name) && /^-?\d+(\.\d+)?$/.test(value)) return [[name, Number(value)]]
    if (name === 'stream' && /^(true|false)$/i.test(value)) return [[name, value.toLowerCase() === 'true']]
    if (name === 'output_format' && value === 'jpg') return [[name, 'jpeg']]
    return [[name, value]]
  })
  return Object.fromEntries(fields)
}

/** Schema of what a call took, in tokens of the model: of text read, of pictures seen and made. */
export const usageSchema = z.object({
  input_tokens: z.int(),
  output_tokens: z.int(),
  total_tokens: z.int(),
  input_tokens_details: z.object({ text_tokens: z.int(), image_tokens: z.int() }),
})
/** See {@link usageSchema}. */
export type Usage = z.infer<typeof usageSchema>

/** Fields of ours about a picture in an answer. */
const oursShape = {
  image_id: idSchema('image'),
  session_id: idSchema('session'),
  turn_id: idSchema('turn'),
  generation_id: idSchema('generation'),
  seed: z.int(),
}

/** Schema of a picture in an answer. */
export const pictureAnswerSchema = z.object({
  b64_json: z.string().optional(),
  url: z.string().optional(),
  revised_prompt: z.string().optional(),
  ...oursShape,
})
/** See {@link pictureAnswerSchema}. */
export type PictureAnswer = z.infer<typeof pictureAnswerSchema>

/** What was really made. */
const madeShape = {
  background: z.literal('opaque'),
  output_format: outputFormatSchema,
  quality: z.enum(['low', 'medium', 'high']),
  size: z.string(),
}
/** See {@link madeShape}. */
export type Made = z.infer<z.ZodObject<typeof madeShape>>

/** Schema of the answer to a call without a stream. */
export const imagesAnswerSchema = z.object({
  created: z.int(),
  data: z.array(pictureAnswerSchema),
  ...madeShape,
  usage: usageSchema,
})
/** See {@link imagesAnswerSchema}. */
export type ImagesAnswer = z.infer<typeof imagesAnswerSchema>

/** An event of a stream. `output_index` (ours) tells the pictures of a call apart. */
export type ImageEvent = Made & { b64_json: string; created_at: number; output_index: number } & (
    | { type: `${EventFamily}.partial_image`; partial_image_index: number }
    | ({ type: `${EventFamily}.completed`; usage: Usage } & Omit<PictureAnswer, 'b64_json' | 'url'>)
  )
/** The beginning of the names of the events of a stream. */
export type EventFamily = 'image_generation' | 'image_edit'

/** Schema of a model. */
export const modelAnswerSchema = z.object({
  id: z.string(),
  object: z.literal('model'),
  created: z.int(),
  owned_by: z.string(),
})
/** See {@link modelAnswerSchema}. */
export type ModelAnswer = z.infer<typeof modelAnswerSchema>
/** Schema of the list of models. */
export const modelListAnswerSchema = z.object({ object: z.literal('list'), data: z.array(modelAnswerSchema) })

/** Schema of the body of every error. */
export const errorAnswerSchema = z.object({
  error: z.object({
    message: z.string(),
    type: z.enum(['invalid_request_error', 'rate_limit_error', 'server_error']),
    param: z.string().nullable(),
    code: z.string().nullable(),
    generation_id: idSchema('generation').optional(),
  }),
})
/** See {@link errorAnswerSchema}. */
export type ErrorAnswer = z.infer<typeof errorAnswerSchema>
