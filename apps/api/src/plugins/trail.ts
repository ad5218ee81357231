import { startRequestSpan, trail, withTrail, type RequestSpan, type Trail } from '@atelier/service'
import type { FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'

const idNames = { ses: 'sessionId', trn: 'turnId', gen: 'generationId' } as const

/** The ids in a request's address that a log line should name. */
function idsOf({ params }: Pick<FastifyRequest, 'params'>): Trail {
  const values = Object.values((params ?? {}) as Record<string, string>)
  return Object.fromEntries(
    values.flatMap((value) => {
      const [, kind] = /^(ses|trn|gen)_\w{1,40}$/.exec(value) ?? []
      return kind === undefined ? [] : [[idNames[kind as keyof typeof idNames], value]]
    }),
  )
}

interface Followed {
  trail: Trail
  span: RequestSpan
}

/** Puts every request on a trail of its own, in a span, and logs it in one line when it was answered. */
export const trailOfRequests = fastifyPlugin(async (app) => {
  // answers end in the context of their socket
  const followed = new WeakMap<FastifyRequest, Followed>()
  const close = (request: FastifyRequest, status: number | undefined, what: object, message: string) => {
    const { trail: ids = {}, span } = followed.get(request) ?? {}
    followed.delete(request)
    span?.end({ 'http.response.status_code': status ?? 0 }, status === undefined || status >= 500)
    withTrail(ids, () => request.log.info({ req: request, ...what }, message))
  }

  app.addHook('onRequest', (request, _reply, done) => {
    const { method, routeOptions, headers, id: requestId } = request
    const span = startRequestSpan(`${method} ${routeOptions.url ?? 'none'}`, headers.traceparent)
    withTrail({ requestId, traceParent: span.traceParent, ...idsOf(request) }, () => {
      followed.set(request, { trail: trail(), span })
      done()
    })
  })
  app.addHook('onResponse', (request, reply, done) => {
    close(request, reply.statusCode, { res: reply, ms: Math.round(reply.elapsedTime) }, 'answered')
    done()
  })
  app.addHook('onRequestAbort', (request, done) => {
    if (followed.has(request)) close(request, undefined, {}, 'the client went away')
    done()
  })
})
