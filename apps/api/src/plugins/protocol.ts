import { AtelierError } from '@atelier/contracts'
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { errorBody } from '../errors.js'
import { newRequestId, requestIdOf } from '../request-id.js'

// What never reaches Fastify: requests that are no HTTP, upgrades, CONNECT and `Expect`.

type Headers = Record<string, string>

/** Status, headers and body of an error that is sent without Fastify. */
function plainAnswer(error: AtelierError, requestId: string, more: Headers = {}) {
  const body = JSON.stringify(errorBody(error, requestId))
  const { retryAfterSeconds } = (error.details ?? {}) as { retryAfterSeconds?: number }
  const headers: Headers = {
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    'X-Request-Id': requestId,
    'X-Content-Type-Options': 'nosniff',
    ...(retryAfterSeconds !== undefined && { 'Retry-After': String(retryAfterSeconds) }),
    ...more,
  }
  return { status: error.status, headers, body }
}

/** Sends an error as the answer to a request that Fastify does not see. */
export function refuseRequest(error: AtelierError, request: IncomingMessage, answer: ServerResponse): void {
  const { status, headers, body } = plainAnswer(error, requestIdOf(request.headers))
  answer.writeHead(status, headers).end(body)
}

/** Sends an error on a connection that has no answer to write it with, and ends the connection. */
export function refuseConnection(
  error: AtelierError,
  socket: Duplex,
  requestId = newRequestId(),
  more: Headers = {},
): void {
  socket.on('error', () => socket.destroy())
  if (!socket.writable) return void socket.destroy()
  const { status, headers, body } = plainAnswer(error, requestId, { Connection: 'close', ...more })
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
}

/** What a request that Node's parser refuses did wrong. */
function parserError(code: string | undefined): AtelierError {
  if (code === 'HPE_HEADER_OVERFLOW') return new AtelierError('headers_too_large')
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return new AtelierError('payload_too_large')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new AtelierError('request_timeout')
  return new AtelierError('invalid_request', 'The request is not valid HTTP.')
}

/** Answers a request that Node's parser refuses: Fastify's `clientErrorHandler`. */
export function answerParserError(error: NodeJS.ErrnoException, socket: Socket): void {
  // an answer that has begun cannot become another one; a connection that was lost takes none
  const { _httpMessage: answering } = socket as Socket & { _httpMessage?: ServerResponse | null }
  if (error.code === 'ECONNRESET' || answering?.headersSent) socket.destroy()
  else refuseConnection(parserError(error.code), socket)
}

const hopByHop = /^(connection|upgrade|http2-settings)$/i

/**
 * Has a request that asks for another protocol answered as if it had not asked, as a server may (RFC 9110, 7.8). Node hands
 * the connection over unparsed, so the request goes in again, without those headers.
 */
function serveWithoutUpgrade(server: Server, request: IncomingMessage, socket: Duplex, rest: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request
  const keep = /close/i.test(request.headers.connection ?? '') ? 'close' : 'keep-alive'
  let head = `${method} ${url} HTTP/${httpVersion}\r\nConnection: ${keep}\r\n`
  for (let n = 0; n < rawHeaders.length; n += 2)
    if (!hopByHop.test(rawHeaders[n]!)) head += `${rawHeaders[n]}: ${rawHeaders[n + 1]}\r\n`
  socket.unshift(Buffer.concat([Buffer.from(`${head}\r\n`, 'latin1'), rest]))
  server.emit('connection', socket)
}

/** Connections that were handed to Socket.IO. */
const webSockets = new WeakSet<Duplex>()

/** Whether a connection speaks HTTP no more. */
export const isWebSocket = (socket: Duplex): boolean => webSockets.has(socket)

const webSocketKey = /^[+/0-9A-Za-z]{22}==$/

/** What is wrong with a WebSocket handshake, undefined when nothing is. */
function handshakeProblem({ method, headers }: IncomingMessage): string | undefined {
  if (method !== 'GET') return 'A WebSocket is opened with GET.'
  if (!webSocketKey.test(headers['sec-websocket-key'] ?? '')) return 'Sec-WebSocket-Key must be 16 bytes in Base64.'
  if (!['8', '13'].includes(headers['sec-websocket-version'] ?? '')) return 'Sec-WebSocket-Version must be 13.'
  return undefined
}

/**
 * Answers what Node would answer by itself or by ending the connection. Comes after everything else that listens for
 * upgrades, which from then on sees WebSocket handshakes at `socketPath` alone.
 *
 * @param socketPath - where WebSockets are served, with a slash at the end
 */
export function answerBelowFastify(server: Server, socketPath: string): void {
  server.on('checkExpectation', (request: IncomingMessage, answer: ServerResponse) =>
    refuseRequest(new AtelierError('expectation_failed'), request, answer),
  )
  server.on('connect', (request: IncomingMessage, socket: Duplex) =>
    refuseConnection(
      new AtelierError('method_not_allowed', 'This server is no proxy.'),
      socket,
      requestIdOf(request.headers),
      { Allow: 'GET, HEAD, POST, PATCH, DELETE, OPTIONS' },
    ),
  )
  const upgrades = server.listeners('upgrade')
  server.removeAllListeners('upgrade')
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const wanted = request.headers.upgrade?.toLowerCase() === 'websocket'
    if (!wanted || !request.url!.startsWith(socketPath)) return serveWithoutUpgrade(server, request, socket, head)
    const problem = handshakeProblem(request)
    if (problem !== undefined)
      return refuseConnection(new AtelierError('invalid_request', problem), socket, requestIdOf(request.headers))
    webSockets.add(socket)
    for (const listener of upgrades) listener.call(server, request, socket, head)
  })
}
