import { AtelierError } from '@atelier/contracts'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import fastifyPlugin from 'fastify-plugin'
import { requestIdOf } from '../request-id.js'
import { isWebSocket, refuseConnection } from './protocol.js'

/** What one connection, and all together, may hold, and how slow they may be. */
export interface ConnectionBounds {
  /** How often connections are looked at, in milliseconds. */
  lookMs: number
  /** A body or an answer may stand still, or be slower than {@link bytesPerSecond}, for so long, in milliseconds. */
  patienceMs: number
  bytesPerSecond: number
  /** Most bytes that wait for the reader of a websocket. A stream of events has its own bound, see `EventStream`. */
  socketBytes: number
  /** Most bytes that wait for all readers; beyond it those go first that have stood still for longest. */
  allBytes: number
}

/** The bounds of a service. */
export const defaultConnectionBounds: ConnectionBounds = {
  lookMs: 500,
  patienceMs: 20_000,
  bytesPerSecond: 4096,
  socketBytes: 8 * 1024 * 1024,
  allBytes: 128 * 1024 * 1024,
}

/** Times of the HTTP server for requests, in milliseconds: head, whole request, how often it looks. */
export const requestTimes = { headersTimeout: 15_000, requestTimeout: 1_800_000, connectionsCheckingInterval: 2_000 }

interface Mark {
  bytes: number
  at: number
}

/** Progress in one direction: `bytes` at the start of the present period of patience. */
class Progress {
  private mark: Mark | undefined

  /** Nothing is under way. */
  rest(): void {
    this.mark = undefined
  }

  /** @returns how long there was too little progress, in milliseconds */
  look(bytes: number, now: number, { bytesPerSecond }: ConnectionBounds): number {
    this.mark ??= { bytes, at: now }
    const since = now - this.mark.at
    if (bytes - this.mark.bytes > (since / 1000) * bytesPerSecond && since > 0) this.mark = { bytes, at: now }
    return now - this.mark.at
  }
}

interface Open {
  reading: Progress
  writing: Progress
  /** The latest request; its body may still arrive. */
  request?: IncomingMessage
}

/**
 * Ends connections whose body comes too slowly (408) or whose answer is not read: without it a few that stand still hold
 * as much memory as their senders like. REST, event streams and websockets alike.
 */
export const connectionBounds = (bounds: ConnectionBounds) =>
  fastifyPlugin(async (app) => {
    const { server } = app
    const open = new Map<Socket, Open>()
    server.on('connection', (socket: Socket) => {
      // one that asked for another protocol comes again
      if (open.has(socket)) return
      open.set(socket, { reading: new Progress(), writing: new Progress() })
      socket.once('close', () => open.delete(socket))
    })
    server.on('request', (request: IncomingMessage) => {
      const connection = open.get(request.socket)
      if (connection) connection.request = request
    })
    let [last, now] = [performance.now(), 0]
    const timer = setInterval(() => {
      // while this process stood still it has neither read nor sent, which is no fault of those it talks to
      const time = performance.now()
      now += Math.min(time - last, 2 * bounds.lookMs)
      last = time
      look(open, bounds, now)
    }, bounds.lookMs)
    timer.unref()
    app.addHook('onClose', async () => clearInterval(timer))
  })

function look(open: ReadonlyMap<Socket, Open>, bounds: ConnectionBounds, now: number): void {
  const unread: { socket: Socket; stoodMs: number }[] = []
  let all = 0
  for (const [socket, connection] of open) {
    const { reading, writing, request } = connection
    if (request && !request.complete) {
      if (reading.look(socket.bytesRead, now, bounds) > bounds.patienceMs) {
        socket.once('finish', () => socket.destroy())
        refuseConnection(new AtelierError('request_timeout'), socket, requestIdOf(request.headers))
        continue
      }
    } else reading.rest()
    const waiting = socket.writableLength
    if (!waiting) {
      writing.rest()
      continue
    }
    all += waiting
    const stoodMs = writing.look(socket.bytesWritten - waiting, now, bounds)
    if (stoodMs > bounds.patienceMs || (isWebSocket(socket) && waiting > bounds.socketBytes)) socket.destroy()
    else unread.push({ socket, stoodMs })
  }
  for (const { socket, stoodMs } of unread.sort((a, b) => b.stoodMs - a.stoodMs)) {
    // one that has just begun is not cut off for others
    if (all <= bounds.allBytes || stoodMs < bounds.lookMs) return
    all -= socket.writableLength
    socket.destroy()
  }
}
