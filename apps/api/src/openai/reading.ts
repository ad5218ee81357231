import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ApiContext } from '../api-context.js'
import { bodyBytes } from '../body-bytes.js'
import { whenClosed } from '../when-closed.js'

/** Adds a route with and without a slash at its end. */
export function addRoute(app: FastifyInstance, route: Parameters<FastifyInstance['route']>[0]): void {
  app.route(route)
  app.route({ ...route, url: `${route.url}/`, schema: { ...route.schema, hide: true } as object })
}

/**
 * Reading and decoding counts among an owner's decodes, from before the body is read, and so do the bytes of a body of JSON;
 * waiting for the model does not.
 */
export class Reading {
  private readonly leaving = new WeakMap<FastifyRequest, (() => void)[]>()

  /** @param jsonBytes - longest body of JSON */
  constructor(
    private readonly context: Pick<ApiContext, 'atOnce' | 'bodies'>,
    readonly jsonBytes: number,
  ) {}

  /** Hook `onRequest` of a route. @throws AtelierError `too_many_at_once`, `busy` */
  readonly begin = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { ownerId } = request.identity
    const { atOnce, bodies } = this.context
    const leave = atOnce.enter('decodes', ownerId)
    whenClosed(reply, leave)
    const giveBack = bodies.take(ownerId, bodyBytes(request, this.jsonBytes), reply)
    this.leaving.set(request, [leave, giveBack])
  }

  /** The body is read: nothing of it is kept while the model works. */
  end(request: FastifyRequest): void {
    request.body = undefined
    for (const leave of this.leaving.get(request) ?? []) leave()
  }
}
