import { AtelierError } from '@atelier/contracts'
import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../api-context.js'

const loopbackAddress = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/
const loopbackHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i
const forwarding = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip']

/**
 * True when a request comes from a browser or program on this machine, addressed to this machine by a loopback name,
 * not through a proxy, and not from another site's page. The peer's address alone is not enough: an attacker's host
 * name may resolve to 127.0.0.1 (DNS rebinding), and a proxy on this machine makes everybody look local.
 */
function isLocalRequest({ socket, headers }: Pick<FastifyRequest, 'socket' | 'headers'>): boolean {
  if (!loopbackAddress.test(socket.remoteAddress ?? '') || !loopbackHost.test(headers.host ?? '')) return false
  if (forwarding.some((name) => headers[name] !== undefined)) return false
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  return headers.origin === undefined || headers.origin === `http://${headers.host}`
}

/**
 * `GET /v1/local/session`: on the embedded stack, the key for the page that was opened on the same machine. Else 404.
 */
export const localSessionRoute =
  ({ settings: { localToken } }: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/local/session',
      {
        schema: {
          tags: ['health'],
          security: [],
          summary: 'The key of the embedded stack, for its own page',
          response: { 200: z.object({ token: z.string() }) },
        },
      },
      async (request, reply) => {
        if (!localToken || !isLocalRequest(request)) throw new AtelierError('not_found')
        reply.header('Cache-Control', 'no-store')
        return { token: localToken }
      },
    )
  }
