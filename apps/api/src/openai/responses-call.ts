import { idSchema } from '@atelier/contracts'
import { DoorError, invalidParam, toDoorError } from './door-error.js'
import { hashOf, type ImagesCall } from './images-call.js'
import { plainFields } from './images-wire.js'
import {
  imageToolSchema,
  responseCallSchema,
  type ImageTool,
  type InputItem,
  type ResponseRequest,
} from './responses-wire.js'
import { referredPicture, type SentPicture } from './sent-pictures.js'

/** A response is a turn, and a picture of it a generation, by ids that differ in their first letters alone. */
const letters = { resp: 'trn', ig: 'gen' } as const
/** The id by which OpenAI's clients know a turn or a generation of ours. */
export const theirId = (id: string): string => id.replace(/^trn_/, 'resp_').replace(/^gen_/, 'ig_')

/** Our id of a response or a picture of one; undefined for what cannot be one. */
export function ourId(kind: keyof typeof letters, id: string): string | undefined {
  const ours = id.startsWith(`${kind}_`) ? `${letters[kind]}_${id.slice(kind.length + 1)}` : ''
  return idSchema(kind === 'resp' ? 'turn' : 'generation').safeParse(ours).success ? ours : undefined
}

/** A call for a response. */
export interface ResponseCall {
  request: Pick<ResponseRequest, 'stream' | 'background' | 'metadata'>
  tool: ImageTool
  call: ImagesCall
}

/** Names of OpenAI's models for text: one of them makes no pictures itself, so any model of ours does for its tool. */
const textModel = /^(gpt-\d|chatgpt-|o\d)/

type Place = { remoteImages: boolean; maxBytes: number }

const isUser = ({ role, type }: InputItem): boolean => role === 'user' && (type === undefined || type === 'message')

/** The pictures of a message, in order. */
function picturesOf({ content }: InputItem, place: Place): SentPicture[] {
  if (!Array.isArray(content)) return []
  return content
    .filter(({ type }) => type === 'input_image')
    .map(({ image_url: url, file_id: id }) => {
      if (!url === !id) throw invalidParam('image', 'needs either `image_url` or `file_id` in each `input_image`')
      return referredPicture(url ? { image_url: url } : { file_id: id! }, 'image', place)
    })
}

const textOf = ({ content }: InputItem): string =>
  typeof content === 'string'
    ? content
    : (content ?? []).flatMap(({ type, text }) => (type === 'input_text' && text ? [text] : [])).join('\n')

/** The picture of an earlier response that an input names, the latest one. */
function earlierPicture(items: readonly InputItem[], { maxBytes }: Place): SentPicture | undefined {
  const item = items.findLast(
    ({ type, id }) => type === 'image_generation_call' || (type === 'item_reference' && id?.startsWith('ig_')),
  )
  if (!item) return undefined
  const generationId = ourId('ig', item.id ?? '')
  if (generationId !== undefined) return { generationId }
  if (typeof item.result !== 'string')
    throw invalidParam('image', 'names an `image_generation_call` that is none of ours')
  const url = `data:image/png;base64,${item.result}`
  return referredPicture({ image_url: url }, 'image', { remoteImages: false, maxBytes })
}

/** What an input says: the last message of the user, and the pictures that it is about, the one to edit first. */
function readInput(input: ResponseRequest['input'], place: Place): Pick<ImagesCall, 'prompt' | 'pictures'> {
  if (typeof input === 'string') return { prompt: input, pictures: [] }
  const messages = input.filter(isUser)
  const message = messages.at(-1)
  const prompt = message ? textOf(message) : ''
  if (!prompt.trim()) throw invalidParam('prompt', 'has no text of the user')
  const own = picturesOf(message!, place)
  const earlier = earlierPicture(input, place)
  if (own.length || earlier) return { prompt, pictures: [...own, ...(earlier ? [earlier] : [])] }
  const before = messages.findLast((one) => picturesOf(one, place).length)
  return { prompt, pictures: before ? picturesOf(before, place) : [] }
}

/**
 * Reads the body of `POST /responses`.
 *
 * @throws ZodError, DoorError, AtelierError
 */
export function readResponse(sent: unknown, place: Place): ResponseCall {
  const body =
    typeof sent === 'object' && sent !== null && !Array.isArray(sent)
      ? plainFields(sent as Record<string, unknown>)
      : undefined
  if (!body) throw invalidParam('body', 'must be a JSON object')
  const request = responseCallSchema.parse(body)
  const found = request.tools.find(({ type }) => type === 'image_generation')
  if (!found) throw invalidParam('tools', 'must have `{"type": "image_generation"}`: this server makes pictures alone')
  const tool = imageToolSchema.parse({ ...plainFields(body), ...plainFields(found) })
  const { action, input_image_mask: mask, model: asked, ...options } = tool
  const model = [plainFields(found).model === undefined ? undefined : asked, request.model].find(
    (name) => name !== undefined && !textModel.test(name),
  )
  const { previous_response_id: previous } = request
  const follows = previous === undefined ? undefined : ourId('resp', previous)
  if (previous !== undefined && follows === undefined)
    throw new DoorError({
      status: 404,
      code: 'not_found',
      param: 'previous_response_id',
      message: 'There is no such response of yours.',
      retry: false,
    })
  const read = readInput(request.input, place)
  return {
    request,
    tool,
    call: {
      ...read,
      ...(action === 'generate' && { pictures: [] }),
      options: { ...options, ...(model !== undefined && { model }) },
      ...(mask && { mask: referredPicture(mask, 'mask', place) }),
      ...(follows !== undefined && { follows }),
      ...(action !== undefined && action !== 'auto' && { edits: action === 'edit' }),
      events: 'image_generation',
      hash: hashOf('responses', body),
    },
  }
}

/** Where a response has what the images API has in fields of its own. */
const places: Record<string, string> = { image: 'input', prompt: 'input', mask: 'tools', size: 'tools', steps: 'tools' }

/** An error of a call with the parameter's name as a response has it. */
export function responseError(error: unknown): DoorError {
  const known = toDoorError(error)
  const param = known.parts.param && (places[known.parts.param] ?? known.parts.param)
  return new DoorError({ ...known.parts, ...(param && { param }) }, { cause: known.cause })
}
