import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AtOnce } from '../at-once.js'

/** Adds a route with and without a slash at its end. */
export function addRoute(app: FastifyInstance, route: Parameters<FastifyInstance['route']>[0]): void {
  app.route(route)
  app.route({ ...route, url: `${route.url}/`, schema: { ...route.schema, hide: true } as object })
}

/** Reading and decoding counts among an owner's decodes, from before the body is read; waiting for the model does not. */
export class Reading {
  private readonly leaving = new WeakMap<FastifyRequest, () => void>()

  constructor(private readonly atOnce: AtOnce) {}

  /** Hook `onRequest` of a route. @throws AtelierError `too_many_at_once` */
  readonly begin = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const leave = this.atOnce.enter('decodes', request.identity.ownerId)
    this.leaving.set(request, leave)
    reply.raw.once('close', leave)
  }

  /** The body is read: nothing of it is kept while the model works. */
  end(request: FastifyRequest): void {
    request.body = undefined
    this.leaving.get(request)?.()
  }
}
