import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { responseBody } from './documented-bodies.js'
import type { PictureRoutes } from './images-routes.js'
import { addRoute } from './reading.js'
import type { ResponsesDoor } from './responses-door.js'
import { deletedResponseSchema, responseSchema } from './responses-wire.js'

const tags = ['OpenAI']
const params = z.object({ id: z.string() })
const answers = { tags, response: { 200: responseSchema } }
const idOf = ({ params: given }: { params: unknown }): string => (given as z.infer<typeof params>).id
// clients add what they like to the query
const querystring = z.object({
  stream: z.enum(['true', 'false']).optional(),
  starting_after: z.coerce.number().int().min(-1).optional(),
})

/** `/openai/v1/responses`. */
export function addResponseRoutes(app: FastifyInstance, door: ResponsesDoor, deps: PictureRoutes): void {
  const { reading, remoteImages, settings } = deps
  const place = { remoteImages, maxBytes: settings.limits.uploadBytes }
  addRoute(app, {
    method: 'POST',
    url: '/responses',
    bodyLimit: reading.jsonBytes,
    config: { atOnce: 'sockets', documentedBody: responseBody },
    schema: {
      ...answers,
      summary: 'Make or edit a picture in a conversation',
      consumes: ['application/json'],
    } as object,
    onRequest: reading.begin,
    handler: async (request, reply) => {
      const claimed = await door.claim(request, reply, place)
      reading.end(request)
      return door.answer(request, reply, claimed)
    },
  })
  addRoute(app, {
    method: 'GET',
    url: '/responses/:id',
    config: { atOnce: 'sockets' },
    schema: { ...answers, summary: 'A response, or what is left of its stream', params, querystring } as object,
    handler: async (request, reply) => {
      const { stream, starting_after: after = -1 } = request.query as z.infer<typeof querystring>
      return stream === 'true' ? door.resume(request, reply, idOf(request), after) : door.get(request, idOf(request))
    },
  })
  addRoute(app, {
    method: 'DELETE',
    url: '/responses/:id',
    schema: {
      tags,
      summary: 'Delete a response that no other follows',
      params,
      response: { 200: deletedResponseSchema },
    } as object,
    handler: async (request) => door.delete(request, idOf(request)),
  })
  addRoute(app, {
    method: 'POST',
    url: '/responses/:id/cancel',
    schema: { ...answers, summary: 'Cancel a response', params } as object,
    handler: async (request) => door.cancel(request, idOf(request)),
  })
}
