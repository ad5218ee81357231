import type { IncomingMessage, Server } from 'node:http'
import fastifyPlugin from 'fastify-plugin'

/**
 * Lets the API live below a path, such as `/atelier` behind a proxy: the path is taken off every request and upgrade
 * before anything else sees it, so routes and sockets know nothing of it. A proxy may pass the path on or take it off
 * itself. Register after everything that listens to the server. Fastify's `rewriteUrl` does not see the sockets.
 *
 * @param basePath - starts with a slash and does not end with one; empty: nothing to do
 */
export function stripBasePath(server: Server, basePath: string): void {
  if (!basePath) return
  const strip = (request: IncomingMessage) => {
    const rest = request.url?.startsWith(basePath) ? request.url.slice(basePath.length) : undefined
    if (rest !== undefined && /^([/?]|$)/.test(rest)) request.url = rest.startsWith('/') ? rest : `/${rest}`
  }
  server.prependListener('request', strip)
  server.prependListener('upgrade', strip)
}

/** Puts the path before the addresses that routes redirect to. */
export const redirectsBelow = (basePath: string) =>
  fastifyPlugin(async (app) => {
    if (!basePath) return
    app.addHook('onSend', async (_request, reply) => {
      const to = reply.getHeader('location')
      if (typeof to === 'string' && to.startsWith('/') && !to.startsWith('//')) reply.header('location', basePath + to)
    })
  })
