import { AtelierError } from '@atelier/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { errorBody } from '../../errors/error-body.js'
import { toAtelierError } from '../../errors/to-atelier-error.js'

const retrySeconds = 5

/** Sends an error; what is the server's fault is logged whole and told in the table's words alone. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const told = toAtelierError(error)
  if (told.status >= 500) request.log.error({ err: told.cause ?? told }, 'a request failed')
  if (told.code === 'unavailable') reply.header('Retry-After', retrySeconds)
  if (told.code === 'unauthorized' && !reply.hasHeader('WWW-Authenticate'))
    reply.header('WWW-Authenticate', 'Bearer realm="Atelier"')
  // an address that cannot be read never reaches the hook below
  return reply
    .code(told.status)
    .header('X-Request-Id', request.id)
    .type('application/json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(errorBody(told, request.id))
}

/** Makes every error an answer of the closed table, and gives every answer the request's id. */
export const errors = fastifyPlugin(async (app) => {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('X-Request-Id', request.id)
  })
  app.setErrorHandler(sendError)
  app.setNotFoundHandler((request, reply) =>
    sendError(
      new AtelierError('not_found', `There is no ${request.method} ${request.url.split('?')[0]!.slice(0, 200)}.`),
      request,
      reply,
    ),
  )
})
