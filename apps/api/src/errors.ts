import { AtelierError, type ErrorBody } from '@atelier/contracts'
import { isDatabaseOutage } from '@atelier/database'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { z } from 'zod'
import { AllowedMethods } from './allowed-methods.js'

interface FastifyLike {
  code?: unknown
  statusCode?: unknown
  message?: unknown
  validation?: unknown
  validationContext?: unknown
}
interface Issue {
  instancePath: string
  keyword: string
  message: string
  params: { keys?: string[] }
}

/** What `details` says of each thing that does not fit. */
interface InvalidField {
  path: string
  message: string
}

/** Most fields that an answer names: a body of 256 KB may have tens of thousands that do not fit. */
const mostFields = 20
const named = (path: string): string => (path.length > 200 ? `${path.slice(0, 200)}…` : path)

/** The error of fields that do not fit. @param unknown - fields that the request does not have, by path */
export function invalidFields(fields: readonly InvalidField[], unknown: readonly string[] = []): AtelierError {
  const all = [...unknown.map((path) => ({ path, message: 'is not a field of this request' })), ...fields]
  const details = all.slice(0, mostFields).map(({ path, message }) => ({ path: named(path), message }))
  const message = unknown.length ? `\`${named(unknown[0]!)}\` is not a field of this request.` : undefined
  return new AtelierError('invalid_request', message, details)
}

/** The error of a value that does not fit its schema. */
const invalidRequest = (issues: readonly z.core.$ZodIssue[]): AtelierError =>
  invalidFields(
    issues.flatMap(({ code, path, message }) =>
      code === 'unrecognized_keys' ? [] : [{ path: path.join('.'), message }],
    ),
    issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key].join('.')) : [],
    ),
  )

const byCode: Record<string, () => AtelierError> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => new AtelierError('payload_too_large'),
  FST_REQ_FILE_TOO_LARGE: () => new AtelierError('image_too_large'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => new AtelierError('unsupported_media_type'),
  FST_ERR_CTP_EMPTY_JSON_BODY: () =>
    new AtelierError('invalid_request', 'The body is empty although its Content-Type says JSON.'),
  FST_ERR_CTP_INVALID_JSON_BODY: () => new AtelierError('invalid_request', 'The body is not valid JSON.'),
  FST_INVALID_MULTIPART_CONTENT_TYPE: () =>
    new AtelierError('unsupported_media_type', 'This route reads multipart/form-data with a part named `file`.'),
}

function validationError({ validation, validationContext }: FastifyLike): AtelierError {
  // an id of the wrong form in the path names nothing that anybody could own
  if (validationContext === 'params') return new AtelierError('not_found')
  const issues = (Array.isArray(validation) ? (validation as Issue[]) : []).map(
    ({ instancePath, keyword, message, params }) => {
      const path = instancePath.slice(1).replaceAll('/', '.')
      const unknown = keyword === 'unrecognized_keys' ? (params.keys ?? []) : []
      return { path, message, unknown: unknown.map((key) => (path ? `${path}.${key}` : key)) }
    },
  )
  return invalidFields(
    issues.filter(({ unknown }) => !unknown.length),
    issues.flatMap(({ unknown }) => unknown),
  )
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

// The queue's and the object store's; `isDatabaseOutage` knows what Postgres, Prisma and the network say.
const unavailableCodes = /^(EHOSTUNREACH|ENOSPC)$/
const unavailableNames = /^(TimeoutError|NetworkingError|ServiceUnavailable|SlowDown|MaxRetriesPerRequestError)$/
// ioredis says these in words alone
const unavailableMessages = /connection is closed|stream isn't writeable|OOM command not allowed/i

interface ErrorLayer {
  code?: unknown
  name?: unknown
  message?: unknown
  cause?: unknown
  errors?: unknown
  $metadata?: { httpStatusCode?: number }
}

/**
 * True when a part that the API needs (database, queue, object store) does not answer or has no room, so that trying
 * again later helps.
 */
const isUnavailable = (error: unknown): boolean => isDatabaseOutage(error) || isOutage(error, 0)

function isOutage(error: unknown, depth: number): boolean {
  if (error === null || typeof error !== 'object' || depth > 5) return false
  const { code, name, message, cause, errors, $metadata } = error as ErrorLayer
  if (typeof code === 'string' && unavailableCodes.test(code)) return true
  if (typeof name === 'string' && unavailableNames.test(name)) return true
  if (typeof message === 'string' && unavailableMessages.test(message)) return true
  if (($metadata?.httpStatusCode ?? 0) >= 500) return true
  return [cause, ...(Array.isArray(errors) ? errors : [])].some((inner) => isOutage(inner, depth + 1))
}

/** Body of an error answer. */
export const errorBody = (error: AtelierError, requestId: string): ErrorBody => ({
  error: {
    code: error.code,
    message: error.message,
    ...(error.details !== undefined && { details: error.details }),
    requestId,
  },
})

const retrySeconds = 5

/** Sends an error. A fault of the server is logged in full, and the caller reads the table's words alone. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = toAtelierError(error)
  // nobody reads the answer any more, and a body that ends too soon looks like an outage
  if (request.raw.socket?.destroyed) request.log.info({ err: known.cause ?? known }, 'the client went away')
  else if (known.status >= 500) request.log.error({ err: known.cause ?? known }, 'a request failed')
  if (known.code === 'unavailable') reply.header('Retry-After', retrySeconds)
  const wait = (known.details as { retryAfterSeconds?: unknown } | undefined)?.retryAfterSeconds
  if (typeof wait === 'number') reply.header('Retry-After', wait)
  if (known.code === 'unauthorized' && !reply.hasHeader('WWW-Authenticate'))
    reply.header('WWW-Authenticate', 'Bearer realm="Atelier"')
  // an address that cannot be read never reaches the hook below
  return reply
    .code(known.status)
    .header('X-Request-Id', request.id)
    .type('application/json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(errorBody(known, request.id))
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The error of a request for which there is no route; the answer gets its `Allow`. */
    noRoute(request: FastifyRequest, reply: FastifyReply): AtelierError
    /** The page, which tells people in browsers that there is nothing at an address; undefined: the error does. */
    pageHtml: string | undefined
  }
}

/** Makes every error an answer of the closed table, and gives every answer the request's id. */
export const errors = fastifyPlugin(async (app) => {
  const methods = new AllowedMethods()
  app.addHook('onRoute', ({ url, method }) => methods.add(url, method))
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('X-Request-Id', request.id)
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1')
      return done(new AtelierError('invalid_request', 'The request has no Host header.'))
    if (request.method === 'OPTIONS') reply.header('Allow', methods.of(request.url).join(', '))
    done()
  })
  app.setErrorHandler(sendError)
  app.decorate('noRoute', (request: FastifyRequest, reply: FastifyReply): AtelierError => {
    const path = request.url.split('?')[0]!.slice(0, 200)
    const allowed = methods.of(request.url)
    if (!allowed.length) return new AtelierError('not_found', `There is no ${request.method} ${path}.`)
    reply.header('Allow', allowed.join(', '))
    return new AtelierError('method_not_allowed', `${path} does not take ${request.method}.`)
  })
  app.decorate('pageHtml', undefined)
  app.setNotFoundHandler((request, reply) => {
    const error = app.noRoute(request, reply)
    if (app.pageHtml === undefined || error.code !== 'not_found' || !isForPeople(request))
      return sendError(error, request, reply)
    return reply.code(404).header('Cache-Control', 'no-cache').type('text/html; charset=utf-8').send(app.pageHtml)
  })
})

/** Whether a browser asks for a page of an address that is not the API's. */
const isForPeople = ({ method, url, headers }: FastifyRequest): boolean =>
  method === 'GET' && /\btext\/html\b/.test(headers.accept ?? '') && !/^\/(v1|openai|mcp)(\/|$|\?)/.test(url)
