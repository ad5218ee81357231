import {
  createTurnSchema,
  generationCancelSchema,
  idSchema,
  sessionJoinSchema,
  sessionLeaveSchema,
  progressEventName,
} from '@atelier/contracts'
import type { OwnerRepositories } from '@atelier/database'
import { Server, type Socket } from 'socket.io'
import type { Server as HttpServer } from 'node:http'
import { z } from 'zod'
import type { ApiContext } from '../api-context.js'
import type { Identity } from '../authenticator.js'
import { browserToken, checkOwnPage } from '../browser-cookie.js'
import { checkText } from '../check-text.js'
import { errorBody, toAtelierError } from '../errors.js'
import { cancelGeneration } from '../generations/cancel-generations.js'
import { orNotFound } from '../or-not-found.js'
import type { CountRequest } from '../plugins/rate-limit.js'
import { newRequestId } from '../request-id.js'
import { createTurn } from '../turns/create-turn.js'

const maxMessageBytes = 256 * 1024

/** `turn:create`: the body of `POST /v1/sessions/:id/turns` and the session's id. */
const turnCreateSchema = createTurnSchema.extend({ sessionId: idSchema('session') })

type Handshake = Socket['handshake']

interface Connection {
  identity: Identity
  owner: OwnerRepositories
  watching: Map<string, () => void>
}
type Ack = (answer: unknown) => void

/**
 * The websocket side of the API: a client connects with a key, joins sessions and receives their events. Every message
 * is acknowledged with its result or `{ error }`.
 *
 * @returns the function that ends it
 */
export function openSocketServer(http: HttpServer, context: ApiContext, count: CountRequest): () => Promise<void> {
  const io = new Server(http, {
    path: '/socket.io',
    serveClient: false,
    maxHttpBufferSize: maxMessageBytes,
    cors: { origin: context.settings.corsOrigins, allowedHeaders: ['authorization'] },
  })
  io.use((socket, next) => {
    signIn(context, socket.handshake)
      .then((identity) => {
        ;(socket.data as { identity: Identity }).identity = identity
        next()
      })
      .catch((error: unknown) => {
        const refused = toAtelierError(error)
        next(Object.assign(new Error(refused.message), { data: errorBody(refused, newRequestId()) }))
      })
  })
  io.on('connection', (socket) => serve(socket, context, count))
  return async () => {
    io.disconnectSockets(true)
    io.engine.close()
    io.removeAllListeners()
  }
}

/** By the key in `auth`, else by the browser's cookie, which a browser would also send for other pages. */
async function signIn({ authenticator }: ApiContext, { auth, headers, address }: Handshake): Promise<Identity> {
  const { token } = auth as { token?: unknown }
  if (typeof token === 'string') return authenticator.authenticate(token, address)
  const identity = await authenticator.authenticate(browserToken(headers), address)
  checkOwnPage(headers)
  return identity
}

function serve(socket: Socket, context: ApiContext, count: CountRequest): void {
  const { identity } = socket.data as { identity: Identity }
  const connection: Connection = { identity, owner: context.database.forOwner(identity.ownerId), watching: new Map() }
  const handlers = handlersOf(socket, context, connection)
  for (const [name, { schema, handle }] of Object.entries(handlers)) {
    socket.on(name, (message: unknown, ack?: unknown) => {
      void answer(context, typeof ack === 'function' ? (ack as Ack) : () => {}, async () => {
        await context.authenticator.authenticate(identity.token, socket.handshake.address)
        await count(identity.keyId)
        checkText(message)
        return handle(schema.parse(message) as never)
      })
    })
  }
  const stopWatching = context.authenticator.watch(identity, () => socket.disconnect(true))
  socket.on('disconnect', () => {
    stopWatching()
    for (const stop of connection.watching.values()) stop()
    connection.watching.clear()
  })
}

async function answer({ logger }: ApiContext, ack: Ack, work: () => Promise<unknown>): Promise<void> {
  const requestId = newRequestId()
  try {
    ack(await work())
  } catch (error) {
    const known = toAtelierError(error)
    if (known.status >= 500) logger.error({ err: known.cause ?? known, requestId }, 'a socket message failed')
    ack(errorBody(known, requestId))
  }
}

interface Handler {
  schema: z.ZodType
  handle(message: never): Promise<unknown>
}

function handlersOf(socket: Socket, context: ApiContext, connection: Connection): Record<string, Handler> {
  const { owner, watching } = connection
  const leave = (sessionId: string) => {
    watching.get(sessionId)?.()
    watching.delete(sessionId)
  }
  return {
    'session:join': {
      schema: sessionJoinSchema,
      handle: async ({ sessionId, afterSeq }: z.infer<typeof sessionJoinSchema>) => {
        const snapshot = orNotFound(await context.hub.snapshot(owner, sessionId, afterSeq))
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
