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
import { MessageLine } from './message-line.js'

const maxMessageBytes = 256 * 1024

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
  io.use((socket, next) => {
    const address = proxyAddr(socket.request, trusted)
    signIn(context, socket.handshake, address)
      .then((identity) => {
        Object.assign(socket.data, { identity, address } satisfies SocketData)
        // entered here, so that a refusal reaches the client as the reason why it cannot connect
        const leave = context.atOnce.enter('sockets', identity.ownerId)
        socket.once('disconnect', leave)
        // it may have gone before it was connected
        socket.conn.once('close', leave)
        if (socket.conn.readyState !== 'open') leave()
        next()
      })
      .catch((error: unknown) => {
        const refused = toAtelierError(error)
        next(Object.assign(new Error(refused.message), { data: errorBody(refused, newRequestId()) }))
      })
  })
  const open = new Set<string>()
  io.engine.on('connection', (connection: { id: string; once(event: 'close', listener: () => void): void }) => {
    open.add(connection.id)
    connection.once('close', () => open.delete(connection.id))
  })
  io.engine.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
    const problem = transportProblem(request, open)
    if (problem === undefined) next()
    else if (request.headers.upgrade === undefined)
      refuseRequest(new AtelierError('invalid_request', problem), request, response)
    else refuseConnection(new AtelierError('invalid_request', problem), request.socket, requestIdOf(request.headers))
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

/** What Engine.IO would refuse in a form of its own, undefined for nothing. @param open - ids of the connections */
function transportProblem({ url, method, headers }: IncomingMessage, open: ReadonlySet<string>): string | undefined {
  const query = new URL(url!, 'http://localhost').searchParams
  const [transport, sid] = [query.get('transport') ?? '', query.get('sid')]
  if (transport !== 'polling' && transport !== 'websocket') return '`transport` must be `polling` or `websocket`.'
  if (query.get('EIO') !== '4') return 'Connect with Socket.IO 3 or newer (`EIO=4`).'
  if (sid !== null && !open.has(sid)) return unknownConnection
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
        if (!rooms.has(sessionId)) rooms.set(sessionId, context.atOnce.enter('joinedSessions', owner.ownerId))
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
          if (!socket.connected) return
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
