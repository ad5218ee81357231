import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { AtelierError } from '@atelier/contracts'
import { errorBody } from './errors.js'
import { requestIdOf } from './request-id.js'

/** Seconds after which a refused request may be sent again. */
const retrySeconds = 5

/**
 * Stands in for the API while its database is away: the process is alive and not ready, so a supervisor leaves it alone
 * and a balancer passes it over. Everything else is refused with 503.
 */
export class WaitingRoom {
  private server: Server | undefined

  constructor(private readonly place: { host: string; port: number; basePath: string }) {}

  /** Listens, unless it does already. @throws when the port is taken */
  async open(): Promise<void> {
    if (this.server) return
    this.server = createServer((request, answer) => {
      const path = request.url?.split('?')[0]
      const live = path === '/health/live' || path === `${this.place.basePath}/health/live`
      const ready = path === '/health/ready' || path === `${this.place.basePath}/health/ready`
      const parts = { database: 'down', queue: 'down', objects: 'down', worker: 'none' }
      const body = live
        ? { status: 'ok' }
        : ready
          ? { status: 'unavailable', ...parts }
          : errorBody(new AtelierError('unavailable'), requestIdOf(request.headers))
      answer
        .writeHead(live ? 200 : 503, {
          'Content-Type': 'application/json; charset=utf-8',
          'Cache-Control': 'no-store',
          Connection: 'close',
          ...(!live && { 'Retry-After': String(retrySeconds) }),
        })
        .end(JSON.stringify(body))
      request.resume()
    })
    this.server.listen(this.place.port, this.place.host)
    await once(this.server, 'listening')
  }

  /** Frees the port. */
  async close(): Promise<void> {
    const { server } = this
    this.server = undefined
    if (!server) return
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
}
