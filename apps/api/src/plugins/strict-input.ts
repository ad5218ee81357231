import { AtelierError } from '@atelier/contracts'
import type { FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { checkText } from '../check-text.js'
import { invalidFields } from '../errors.js'

/** Refuses what no schema sees: text that cannot be stored, and files for routes that read JSON. */
export const strictInput = fastifyPlugin(async (app) => {
  // Fastify reads it by default; no route here does
  app.removeContentTypeParser('text/plain')
  app.addHook('preValidation', (request, _reply, done) => {
    const { consumes } = (request.routeOptions.schema ?? {}) as { consumes?: string[] }
    if (request.isMultipart() && !consumes?.includes('multipart/form-data'))
      throw new AtelierError('unsupported_media_type', 'This route does not read multipart/form-data.')
    checkText(request.query)
    checkText(request.body)
    done()
  })
})

const keysOf = (value: unknown): string[] => (typeof value === 'object' && value !== null ? Object.keys(value) : [])

/**
 * Refuses a query or a body that the route has no schema for, by name: what a schema would refuse, a route without one
 * would ignore.
 */
export function refuseUnread({ routeOptions, query, body }: FastifyRequest): void {
  const { querystring, body: bodySchema, consumes } = (routeOptions.schema ?? {}) as Record<string, unknown>
  const unknown = [...(querystring ? [] : keysOf(query)), ...(bodySchema || consumes ? [] : keysOf(body))]
  if (unknown.length) throw invalidFields([], unknown)
  if (!bodySchema && !consumes && body !== undefined && body !== null && typeof body !== 'object')
    throw new AtelierError('invalid_request', 'This route takes no body.')
}
