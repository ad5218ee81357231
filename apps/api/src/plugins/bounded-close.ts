import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import fastifyPlugin from 'fastify-plugin'

const lookMs = 100
/** How long requests may take to end once the API closes. */
const graceMs = 8_000

/**
 * Closing ends each connection as soon as it has no request to answer, and all of them after eight seconds. Left alone,
 * a connection that falls idle after closing has begun, or that a browser opened in advance and never used, would hold
 * the process for more than a minute.
 */
export const boundedClose = fastifyPlugin(async (app) => {
  const { server } = app
  /** Requests in flight of each open connection. */
  const open = new Map<Socket, number>()
  const add = (socket: Socket, change: number) => {
    const count = open.get(socket)
    if (count !== undefined) open.set(socket, count + change)
  }
  server.on('connection', (socket: Socket) => {
    // one that asked for another protocol comes again
    if (open.has(socket)) return
    open.set(socket, 0)
    socket.once('close', () => open.delete(socket))
  })
  server.on('request', ({ socket }: IncomingMessage, answer: ServerResponse) => {
    add(socket, 1)
    answer.once('close', () => add(socket, -1))
  })
  const end = (all: boolean) => {
    for (const [socket, requests] of open) if (all || requests === 0) socket.destroy()
  }
  app.addHook('preClose', async () => {
    if (!server.listening) return
    const look = setInterval(() => end(false), lookMs)
    const last = setTimeout(() => end(true), graceMs)
    server.once('close', () => {
      clearInterval(look)
      clearTimeout(last)
    })
  })
})
