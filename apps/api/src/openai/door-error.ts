import { AtelierError, type ErrorCode, type Failure } from '@atelier/contracts'
import type { GenerationRow } from '@atelier/database'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { toAtelierError } from '../errors.js'
import type { ErrorAnswer } from './images-wire.js'

/** What an error of the door is made of. */
interface DoorErrorParts {
  status: number
  code: string
  message: string
  param?: string | undefined
  /** False: the same call again would fail again. Default: what the client thinks. */
  retry?: boolean
  generationId?: string
}

/** An error as clients of OpenAI know it. */
export class DoorError extends Error {
  override readonly name = 'DoorError'

  constructor(
    readonly parts: DoorErrorParts,
    options?: ErrorOptions,
  ) {
    super(parts.message, options)
  }

  /** Body of the answer, and of the event `error` of a stream. */
  get answer(): ErrorAnswer {
    const { status, code, message, param, generationId } = this.parts
    const type = status === 429 ? 'rate_limit_error' : status >= 500 ? 'server_error' : 'invalid_request_error'
    const ours = generationId === undefined ? {} : { generation_id: generationId }
    return { error: { message, type, param: param ?? null, code, ...ours } }
  }
}

const ours: Partial<Record<ErrorCode, { status?: number; code?: string; param?: string }>> = {
  unauthorized: { code: 'invalid_api_key' },
  unknown_model: { status: 404, code: 'model_not_found', param: 'model' },
  instruction_empty: { param: 'prompt' },
  instruction_too_long: { param: 'prompt' },
  text_too_long: { param: 'prompt' },
  unknown_mention: { param: 'prompt' },
  unknown_image: { param: 'image' },
  too_many_images: { param: 'image' },
  image_too_elongated: { param: 'image' },
  mask_size_mismatch: { param: 'mask' },
  mask_empty: { param: 'mask' },
  mask_full: { param: 'mask' },
  not_a_mask: { param: 'mask' },
  invalid_size: { param: 'size' },
}
/** What clients know no class for, or would take for something else. */
const statuses: Record<number, number> = { 415: 400, 422: 400 }

const paramNames: Record<string, string> = {
  count: 'n',
  guidanceScale: 'guidance_scale',
  'parameters.negativePrompt': 'negative_prompt',
}

/** Status, code and parameter by which the door tells a code of ours. */
export function doorCode(code: ErrorCode, given: number): { status: number; code: string; param?: string } {
  return { status: statuses[given] ?? given, code, ...ours[code] }
}

interface Details {
  field?: unknown
  retryAfterSeconds?: unknown
}
const firstField = (details: unknown): { path: string; message: string } | undefined =>
  Array.isArray(details) ? (details[0] as { path: string; message: string }) : undefined

/** Any error as one of the door. @param param - the parameter that it is about, unless the error knows better */
export function toDoorError(error: unknown, param?: string): DoorError {
  if (error instanceof DoorError) return error
  const known = toAtelierError(error)
  const { code, details } = known
  const at = doorCode(code, known.status)
  const field = firstField(details)
  const { field: name } = (Array.isArray(details) ? {} : (details ?? {})) as Details
  const named = typeof name === 'string' && code === 'parameter_out_of_range' ? (paramNames[name] ?? name) : undefined
  const message = field ? `${field.path ? `\`${field.path}\` ` : 'The body '}${field.message}.` : known.message
  const passing = at.status >= 500 || at.status === 408 || at.status === 429 || code === 'still_running'
  const retry = passing ? {} : { retry: false }
  const about = named ?? field?.path.split('.')[0] ?? param ?? at.param
  return new DoorError({ ...at, message, param: about || undefined, ...retry }, { cause: known })
}

/** The error of a body of which one field does not fit. */
export const invalidParam = (param: string, message: string): DoorError =>
  new DoorError({ status: 400, code: 'invalid_request', message: `\`${param}\` ${message}.`, param, retry: false })

/** Does something that is about one parameter, which its errors then name. */
export const about = <T>(param: string, doing: Promise<T>): Promise<T> =>
  doing.catch((error: unknown) => {
    throw toDoorError(error, param)
  })

/** Failures that another seed may not have. */
const worthRetrying = new Set<ErrorCode>(['model_failed', 'model_invalid_output'])

const failureError = ({ code, message }: Failure, generationId: string): DoorError =>
  new DoorError({ status: 500, code, message, generationId, ...(!worthRetrying.has(code) && { retry: false }) })

const cancelledError = (generationId: string): DoorError =>
  new DoorError({
    status: 500,
    code: 'generation_cancelled',
    message: 'The generation was cancelled, or its turn was deleted.',
    generationId,
    retry: false,
  })

/** The error of a generation that has ended without a picture, or was deleted; undefined for one with a picture. */
export function problemOf(row: GenerationRow | null, id: string): DoorError | undefined {
  if (row?.status === 'succeeded' && row.images.length) return undefined
  return row?.status === 'failed' && row.error ? failureError(row.error, id) : cancelledError(id)
}

/** The error of a call that was waited for too long. Its generation goes on. */
export const timeoutError = (generationId: string, seconds: number): DoorError =>
  new DoorError({
    status: 504,
    code: 'timeout',
    message: `The picture was not finished within ${seconds} seconds; its generation goes on. Use a stream, or read GET /v1/generations/${generationId}.`,
    generationId,
    retry: false,
  })

/** A message as the reason phrase of HTTP, which is all that some clients show: its beginning, in visible ASCII. */
const reasonOf = (message: string): string =>
  message
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 150) || 'Error'

/** Sends an error in the envelope of the door. */
export function sendDoorError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = toDoorError(error)
  const { status, code, retry } = known.parts
  const cause = known.cause instanceof AtelierError ? known.cause : undefined
  // a generation that failed or took long is no fault of this request
  if (status >= 500 && cause && !request.raw.socket?.destroyed)
    request.log.error({ err: cause.cause ?? cause }, 'a request failed')
  const wait = (cause?.details as Details | undefined)?.retryAfterSeconds
  const seconds = typeof wait === 'number' ? wait : Number(reply.getHeader('retry-after') ?? (status === 503 ? 5 : NaN))
  if (Number.isFinite(seconds)) reply.header('Retry-After', seconds).header('Retry-After-Ms', seconds * 1000)
  if (retry !== undefined) reply.header('X-Should-Retry', String(retry))
  if (code === 'invalid_api_key') reply.header('WWW-Authenticate', 'Bearer realm="Atelier"')
  reply.raw.statusMessage = reasonOf(known.message)
  return reply
    .code(status)
    .header('X-Request-Id', request.id)
    .type('application/json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(known.answer)
}
