import { z } from 'zod'
import { maxPromptLength, optionsShape, pictureReferenceSchema, usageSchema, type ErrorAnswer } from './images-wire.js'

// What goes over the wire at /openai/v1/responses, in the words of OpenAI, as far as it is about pictures.

/** Most items of an input, and parts of a message. */
const most = { items: 1000, parts: 100 }
const textSchema = z.string().max(maxPromptLength)

const partSchema = z.looseObject({
  type: z.string(),
  text: textSchema.optional(),
  image_url: z.string().nullish(),
  file_id: z.string().max(200).nullish(),
})
/** Schema of an item of an input: a message, a picture that was made before, or something that we do not read. */
export const inputItemSchema = z.looseObject({
  type: z.string().optional(),
  role: z.string().optional(),
  content: z.union([textSchema, z.array(partSchema).max(most.parts)]).optional(),
  id: z.string().max(200).nullish(),
})
/** See {@link inputItemSchema}. */
export type InputItem = z.infer<typeof inputItemSchema>

const { n: _one, response_format: _none, stream: _stream, ...pictureShape } = optionsShape
/** Schema of the tool that makes pictures. */
export const imageToolSchema = z.object({
  ...pictureShape,
  action: z.enum(['auto', 'generate', 'edit']).optional().describe('Default: edits a picture where there is one.'),
  input_image_mask: pictureReferenceSchema.optional().describe('Transparent = edit here.'),
  mask_mode: z.enum(['keep', 'erase']).optional().describe('Not of OpenAI.'),
})
/** See {@link imageToolSchema}. */
export type ImageTool = z.infer<typeof imageToolSchema>

/** Schema of `POST /responses`. Its tools are read by {@link imageToolSchema}. */
export const responseCallSchema = z.object({
  model: z.string().max(200).optional().describe('A name of `GET /openai/v1/models`, or of a model of OpenAI.'),
  input: z
    .union([textSchema.min(1), z.array(inputItemSchema).min(1).max(most.items)])
    .describe('A text, or messages; the last one of the user counts.'),
  previous_response_id: z.string().max(200).optional().describe('The response that this one follows.'),
  tools: z
    .array(z.looseObject({ type: z.string() }))
    .min(1)
    .max(128)
    .describe('Among them `{"type": "image_generation"}` with what it takes.'),
  stream: z.boolean().optional().describe('Answers with server-sent events.'),
  background: z.boolean().optional().describe('Answers at once; nothing is cancelled when the connection closes.'),
  metadata: z.record(z.string().max(64), z.string().max(512)).optional().describe('Is in the answer, and not kept.'),
})
/** See {@link responseCallSchema}. */
export type ResponseRequest = z.infer<typeof responseCallSchema>

/** Schema of the one kind of output there is: a picture, or one that is being made. */
export const imageCallSchema = z.object({
  id: z.string(),
  type: z.literal('image_generation_call'),
  status: z.enum(['in_progress', 'completed', 'failed']),
  result: z.string().nullable(),
  action: z.enum(['generate', 'edit']),
  background: z.literal('opaque'),
  output_format: z.string(),
  quality: z.string(),
  size: z.string(),
  revised_prompt: z.string().nullable(),
})
/** See {@link imageCallSchema}. */
export type ImageCall = z.infer<typeof imageCallSchema>

/** Schema of a response. */
export const responseSchema = z.object({
  id: z.string(),
  object: z.literal('response'),
  created_at: z.int(),
  completed_at: z.int().nullable(),
  status: z.enum(['queued', 'in_progress', 'completed', 'failed', 'cancelled']),
  background: z.boolean(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  incomplete_details: z.null(),
  instructions: z.null(),
  metadata: z.record(z.string(), z.string()),
  model: z.string(),
  output: z.array(imageCallSchema),
  previous_response_id: z.string().nullable(),
  parallel_tool_calls: z.boolean(),
  tool_choice: z.literal('auto'),
  tools: z.array(z.object({ type: z.literal('image_generation') })),
  temperature: z.null(),
  top_p: z.null(),
  usage: usageSchema
    .omit({ input_tokens_details: true })
    .extend({
      input_tokens_details: z.object({ cached_tokens: z.int() }),
      output_tokens_details: z.object({ reasoning_tokens: z.int() }),
    })
    .nullable(),
  session_id: z.string(),
  turn_id: z.string(),
  generation_id: z.string(),
})
/** See {@link responseSchema}. */
export type ResponseAnswer = z.infer<typeof responseSchema>

/** Schema of the answer to a deletion. */
export const deletedResponseSchema = z.object({
  id: z.string(),
  object: z.literal('response'),
  deleted: z.literal(true),
})

/** Most previews that a stream shows. */
export const mostPartials = 3

/**
 * The events of a stream by their numbers, which are the same each time a stream is read: so that whoever has lost one can
 * go on anywhere. Where there are fewer previews, numbers are left out.
 */
export const eventNumbers = {
  'response.created': 0,
  'response.in_progress': 1,
  'response.output_item.added': 2,
  'response.image_generation_call.in_progress': 3,
  'response.image_generation_call.generating': 4,
  'response.image_generation_call.partial_image': 5,
  'response.image_generation_call.completed': 5 + mostPartials,
  'response.output_item.done': 6 + mostPartials,
  'response.completed': 7 + mostPartials,
  'response.failed': 7 + mostPartials,
  error: 8 + mostPartials,
} as const

/** An event of a stream. */
export interface ResponseEvent extends Partial<ErrorAnswer> {
  type: keyof typeof eventNumbers
  sequence_number: number
  [field: string]: unknown
}
