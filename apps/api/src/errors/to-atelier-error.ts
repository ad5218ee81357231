import { AtelierError } from '@atelier/contracts'
import { z } from 'zod'
import { isUnavailable } from './is-unavailable.js'

interface FastifyLike {
  code?: unknown
  statusCode?: unknown
  message?: unknown
  validation?: unknown
  validationContext?: unknown
}
interface Issue {
  instancePath: string
  message: string
}

/** What `details` says of each thing that does not fit. */
export interface InvalidField {
  path: string
  message: string
}

const fieldOf = (issue: z.core.$ZodIssue): InvalidField => ({ path: issue.path.join('.'), message: issue.message })

/** The error of a value that does not fit its schema. */
export const invalidRequest = (issues: readonly z.core.$ZodIssue[]): AtelierError =>
  new AtelierError('invalid_request', undefined, issues.map(fieldOf))

const byCode: Record<string, () => AtelierError> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => new AtelierError('payload_too_large'),
  FST_REQ_FILE_TOO_LARGE: () => new AtelierError('image_too_large'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    new AtelierError('invalid_request', 'The body has a Content-Type that this route does not read.'),
  FST_ERR_CTP_EMPTY_JSON_BODY: () =>
    new AtelierError('invalid_request', 'The body is empty although its Content-Type says JSON.'),
  FST_ERR_CTP_INVALID_JSON_BODY: () => new AtelierError('invalid_request', 'The body is not valid JSON.'),
  FST_INVALID_MULTIPART_CONTENT_TYPE: () =>
    new AtelierError('invalid_request', 'This route reads multipart/form-data with a part named `file`.'),
}

function validationError({ validation, validationContext }: FastifyLike): AtelierError {
  // an id of the wrong form in the path names nothing that anybody could own
  if (validationContext === 'params') return new AtelierError('not_found')
  const issues = Array.isArray(validation) ? (validation as Issue[]) : []
  const fields = issues.map(({ instancePath, message }): InvalidField => ({
    path: instancePath.slice(1).replaceAll('/', '.'),
    message,
  }))
  return new AtelierError('invalid_request', undefined, fields)
}

/**
 * Any error → one of the closed table. What is not meant for callers becomes `internal` (or `unavailable`) with the
 * original as `cause`; its words never leave the process.
 */
export function toAtelierError(error: unknown): AtelierError {
  if (error instanceof AtelierError) return error
  if (error instanceof z.ZodError) return invalidRequest(error.issues)
  const { code, statusCode, message, validation } = (error ?? {}) as FastifyLike
  if (validation) return validationError(error as FastifyLike)
  if (typeof code === 'string' && byCode[code]) return byCode[code]()
  if (statusCode === 413) return new AtelierError('payload_too_large')
  if (statusCode === 404) return new AtelierError('not_found')
  if (isUnavailable(error)) return new AtelierError('unavailable', undefined, undefined, { cause: error })
  // Fastify's own errors of a malformed request describe the request, not the server
  if (
    typeof statusCode === 'number' &&
    statusCode >= 400 &&
    statusCode < 500 &&
    typeof code === 'string' &&
    code.startsWith('FST_')
  ) {
    return new AtelierError('invalid_request', `${String(message).replace(/\.?$/, '.')}`)
  }
  return new AtelierError('internal', undefined, undefined, { cause: error })
}
