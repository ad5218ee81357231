import {
  AtelierError,
  createTurnSchema,
  generationCancelSchema,
  idSchema,
  sessionJoinSchema,
  sessionLeaveSchema,
  progressEventName,
} from '@atelier/contracts'
import type { OwnerRepositories } from '@atelier/database'
import proxyAddr from '@fastify/proxy-addr'
import { traceParentOf, withTrail } from '@atelier/service'
import { Gauge } from 'prom-client'
import { Server, type Socket } from 'socket.io'
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { ApiContext } from '../api-context.js'
import type { Identity } from '../authenticator.js'
import { browserToken, checkOwnPage } from '../browser-cookie.js'
import { checkText } from '../check-text.js'
import { errorBody, toAtelierError } from '../errors.js'
import { cancelGeneration } from '../generations/cancel-generations.js'
import { orNotFound } from '../or-not-found.js'
import type { CountRequest } from '../plugins/rate-limit.js'
import { refuseConnection, refuseRequest } from '../plugins/protocol.js'
import { newRequestId, requestIdOf } from '../request-id.js'
import { createTurn } from '../turns/create-turn.js'
import { cut, MessageLine } from './message-line.js'

const maxMessageBytes = 256 * 1024
/** How long a connection may be open before it brings a key that holds, in milliseconds. */
const signInMs = 10_000
/** Most connections that have brought none; beyond it the one goes that has been there for longest. */
const mostUnsigned = 500

/** Where Socket.IO is served. */
export const socketPath = '/socket.io/'

/** `turn:create`: the body of `POST /v1/sessions/:id/turns` and the session's id. */
const turnCreateSchema = createTurnSchema.extend({ sessionId: idSchema('session') })

interface SocketData {
  identity: Identity
  /** Of the client, also behind the proxies that are trusted. */
  address: string
}

interface Connection {
  owner: OwnerRepositories
  watching: Map<string, () => void>
  /** What counts each joined session off again. */
  rooms: Map<string, () => void>
}
type Ack = (answer: unknown) => void

/**
 * The websocket side of the API: a client connects with a key, joins sessions and receives their events. Every message
 * is acknowledged with its result or `{ error }`; one without an acknowledgement function by the event `acknowledgement`
 * with the message's `name` and its `result`.
 *
 * @returns the function that ends it
 */
export function openSocketServer(http: HttpServer, context: ApiContext, count: CountRequest): () => Promise<void> {
  const io = new Server(http, {
    path: socketPath,
    serveClient: false,
    maxHttpBufferSize: maxMessageBytes,
    cors: { origin: context.settings.corsOrigins, allowedHeaders: ['authorization'] },
  })
  const trusted = proxyAddr.compile(context.settings.trustProxy ?? [])
  const unsigned = new Map<Socket['conn'], NodeJS.Timeout>()
  const unlist = (connection: Socket['conn']) => {
    clearTimeout(unsigned.get(connection))
    return unsigned.delete(connection)
  }
  const list = (connection: Socket['conn']) => {
    // Socket.IO's own timeout is kinder to a client that polls: it waits for half a minute more
    unsigned.set(
      connection,
      setTimeout(() => cut(connection), signInMs),
    )
    const [oldest] = unsigned.keys()
    if (unsigned.size > mostUnsigned) cut(oldest!)
  }
  io.use((socket, next) => {
    const address = proxyAddr(socket.request, trusted)
    // while the database is asked about its key it is none of those that bring none
    const first = unlist(socket.conn)
    signIn(context, socket.handshake, address)
      .then((identity) => {
        Object.assign(socket.data, { identity, address } satisfies SocketData)
        // entered here, so that a refusal reaches the client as the reason why it cannot connect
        const leave = context.atOnce.enter('sockets', identity.ownerId)
        if (first) void context.addressLimits.uncountHandshake(address)
        // a connection that is nobody's any more
        socket.once('disconnect', () => socket.conn.close())
        // it may have gone before it was connected
        socket.conn.once('close', leave)
        if (socket.conn.readyState !== 'open') leave()
        next()
      })
      .catch((error: unknown) => {
        if (first && socket.conn.readyState === 'open') list(socket.conn)
        const refused = toAtelierError(error)
        next(Object.assign(new Error(refused.message), { data: errorBody(refused, newRequestId()) }))
      })
  })
  io.engine.on('connection', (connection: Socket['conn']) => {
    list(connection)
    connection.once('close', () => unlist(connection))
  })
  // by their ids
  const { clients } = io.engine as unknown as { clients: object }
  io.engine.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
    const { searchParams } = new URL(request.url!, 'http://localhost')
    const begins = !Object.hasOwn(clients, searchParams.get('sid') ?? '')
    const counted = begins ? context.addressLimits.countHandshake(proxyAddr(request, trusted)) : Promise.resolve()
    counted
      .then(() => {
        const problem = transportProblem(request, searchParams, begins)
        if (problem !== undefined) throw new AtelierError('invalid_request', problem)
        next()
      })
      .catch((error: unknown) => {
        const refused = toAtelierError(error)
        if (request.headers.upgrade === undefined) refuseRequest(refused, request, response)
        else refuseConnection(refused, request.socket, requestIdOf(request.headers))
      })
  })
  context.registry.registerMetric(
    new Gauge({
      name: 'atelier_sockets',
      help: 'Open Socket.IO connections of this process',
      registers: [],
      collect() {
        this.set(io.engine.clientsCount)
      },
    }),
  )
  io.on('connection', (socket) => serve(socket, context, count))
  return async () => {
    io.disconnectSockets(true)
    io.engine.close()
    io.removeAllListeners()
  }
}

/** By the key in `auth`, else by the browser's cookie, which a browser would also send for other pages. */
async function signIn(
  { authenticator }: ApiContext,
  { auth, headers }: Socket['handshake'],
  address: string,
): Promise<Identity> {
  const { token } = auth as { token?: unknown }
  if (typeof token === 'string') return authenticator.authenticate(token, address)
  const identity = await authenticator.authenticate(browserToken(headers), address)
  checkOwnPage(headers)
  return identity
}

// a client that polls sends each request anew, and a balancer may send it to another process
const unknownConnection =
  "There is no connection with this `sid`: connect again. Behind a balancer use `transports: ['websocket']`."

/**
 * What Engine.IO would refuse in a form of its own, undefined for nothing.
 *
 * @param begins - the request belongs to no open connection
 */
function transportProblem(
  { method, headers }: IncomingMessage,
  query: URLSearchParams,
  begins: boolean,
): string | undefined {
  const [transport, sid] = [query.get('transport') ?? '', query.get('sid')]
  if (transport !== 'polling' && transport !== 'websocket') return '`transport` must be `polling` or `websocket`.'
  if (query.get('EIO') !== '4') return 'Connect with Socket.IO 3 or newer (`EIO=4`).'
  if (sid !== null && begins) return unknownConnection
  if (sid === null && method !== 'GET') return 'A connection begins with GET.'
  if ((transport === 'websocket') !== (headers.upgrade !== undefined)) return '`transport=websocket` is for upgrades.'
  return undefined
}

function serve(socket: Socket, context: ApiContext, count: CountRequest): void {
  const { identity, address } = socket.data as SocketData
  const connection: Connection = {
    owner: context.database.forOwner(identity.ownerId),
    watching: new Map(),
    rooms: new Map(),
  }
  const handlers = handlersOf(socket, context, connection)
  const line = new MessageLine(socket)
  socket.onAny((name: unknown, ...given: unknown[]) => {
    const last = given.at(-1)
    const acknowledge =
      typeof last === 'function' ? (last as Ack) : (result: unknown) => socket.emit('acknowledgement', { name, result })
    const [message, ...more] = given.filter((value) => value !== last || typeof value !== 'function')
    const work = async () => {
      await context.authenticator.authenticate(identity.token, address)
      await count(identity.keyId)
      // nobody hears the answer, and what it would open nobody closes
      if (!socket.connected) return undefined
      const known = Object.hasOwn(handlers, String(name)) ? handlers[String(name)]! : undefined
      if (!known) throw new AtelierError('invalid_request', `There is no message \`${String(name).slice(0, 100)}\`.`)
      if (more.length) throw new AtelierError('invalid_request', 'A message takes one value.')
      checkText(message)
      return known.handle(known.schema.parse(message) as never)
    }
    line.next(() => answer(context, identity.ownerId, acknowledge, work))
  })
  const stopWatching = context.authenticator.watch(identity, () => socket.disconnect(true))
  socket.on('disconnect', () => {
    stopWatching()
    for (const stop of [...connection.watching.values(), ...connection.rooms.values()]) stop()
    connection.watching.clear()
    connection.rooms.clear()
  })
}

async function answer({ logger }: ApiContext, ownerId: string, ack: Ack, work: () => Promise<unknown>): Promise<void> {
  const requestId = newRequestId()
  try {
    ack(await withTrail({ requestId, traceParent: traceParentOf(undefined), ownerId }, work))
  } catch (error) {
    const known = toAtelierError(error)
    if (known.status >= 500) logger.error({ err: known.cause ?? known, requestId, ownerId }, 'a socket message failed')
    ack(errorBody(known, requestId))
  }
}

interface Handler {
  schema: z.ZodType
  handle(message: never): Promise<unknown>
}

function handlersOf(socket: Socket, context: ApiContext, connection: Connection): Record<string, Handler> {
  const { owner, watching, rooms } = connection
  const leave = (sessionId: string) => {
    watching.get(sessionId)?.()
    watching.delete(sessionId)
  }
  const leaveRoom = (sessionId: string) => {
    rooms.get(sessionId)?.()
    rooms.delete(sessionId)
  }
  return {
    'session:join': {
      schema: sessionJoinSchema,
      handle: async ({ sessionId, afterSeq }: z.infer<typeof sessionJoinSchema>) => {
        // joining again takes no more room
        const room = rooms.get(sessionId) ?? context.atOnce.enter('joinedSessions', owner.ownerId)
        rooms.set(sessionId, room)
        const snapshot = await context.hub
          .snapshot(owner, sessionId, afterSeq)
          .then(orNotFound)
          .catch((error: unknown) => {
            if (!watching.has(sessionId)) leaveRoom(sessionId)
            throw error
          })
        // watching begins after the acknowledgement is on its way, so that a client has the snapshot before the first
        // event
        setImmediate(() => {
          // it may have left already
          if (!socket.connected || rooms.get(sessionId) !== room) return
          leave(sessionId)
          watching.set(
            sessionId,
            context.hub.watch(owner, sessionId, snapshot.lastSeq, {
              event: (event) => socket.emit(event.type, event),
              progress: (progress) => socket.volatile.emit(progressEventName, progress),
            }),
          )
        })
        return snapshot
      },
    },
    'session:leave': {
      schema: sessionLeaveSchema,
      handle: async ({ sessionId }: z.infer<typeof sessionLeaveSchema>) => {
        leave(sessionId)
        leaveRoom(sessionId)
        return {}
      },
    },
    'turn:create': {
      schema: turnCreateSchema,
      handle: async ({ sessionId, ...request }: z.infer<typeof turnCreateSchema>) =>
        createTurn(context, owner, context.logger, sessionId, request),
    },
    'generation:cancel': {
      schema: generationCancelSchema,
      handle: async ({ generationId }: z.infer<typeof generationCancelSchema>) =>
        cancelGeneration(context, owner, generationId),
    },
  }
}
