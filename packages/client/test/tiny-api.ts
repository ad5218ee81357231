import {
  errorTable,
  newId,
  type ErrorCode,
  type Generation,
  type LiveEvent,
  type ProgressEvent,
  type Session,
} from '@atelier/contracts'
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { Server } from 'socket.io'

/** The key that {@link TinyApi} accepts. */
export const tinyToken = 'atl_tiny'

const errorBody = (code: ErrorCode) => ({
  error: { code, message: `${errorTable[code].when} ${errorTable[code].next}`, requestId: 'req_tiny' },
})

/** A request as the server got it. */
export interface SeenRequest {
  method: string
  url: string
  idempotencyKey: string | undefined
  body: unknown
}

/**
 * As much of Atelier's API as the client's tests need: real HTTP and Socket.IO, state in memory, and faults on demand.
 */
export class TinyApi {
  readonly requests: SeenRequest[] = []
  readonly sessions = new Map<string, Session>()
  readonly generations = new Map<string, Generation>()
  /** Asked before each answer: a status is answered instead, `drop` cuts the connection after the work is done. */
  fault: (request: FastifyRequest) => { status: number; retryAfter?: string } | 'drop' | undefined = () => undefined
  /** Asked before a socket may connect. */
  refuseSocket: () => ErrorCode | undefined = () => undefined
  /** Called right behind the answer to a join. */
  afterJoin: (sessionId: string) => void = () => {}
  /** A join that missed more events than this begins anew. */
  mostMissed = Infinity
  /** How often a session was joined. */
  joins = 0
  /** The turns of every session, oldest first. */
  turnIds: string[] = []
  private readonly logs = new Map<string, LiveEvent[]>()
  private readonly answers = new Map<string, unknown>()
  private readonly app = fastify()
  private readonly io = new Server(this.app.server)
  private address = ''

  get url(): string {
    return this.address
  }

  async start(): Promise<void> {
    const { app } = this
    app.addContentTypeParser(
      'multipart/form-data',
      { parseAs: 'buffer' },
      async (request: FastifyRequest, body: Buffer) =>
        new Response(new Uint8Array(body), {
          headers: { 'content-type': request.headers['content-type']! },
        }).formData(),
    )
    app.addHook('preHandler', async (request, reply) => this.receive(request, reply))
    app.addHook('onSend', async (request, reply) => {
      if (this.fault(request) === 'drop') reply.raw.destroy()
    })
    app.post('/v1/sessions', async (request, reply) =>
      reply.code(201).send(this.once(request, () => this.addSession())),
    )
    app.get('/v1/sessions', async () => ({ data: [...this.sessions.values()], nextCursor: null }))
    app.get<{ Params: { id: string } }>('/v1/sessions/:id', async ({ params }, reply) => {
      const session = this.sessions.get(params.id)
      return session ? withTurns(session) : refuse(reply, 'not_found')
    })
    app.patch<{ Params: { id: string }; Body: { title: string } }>('/v1/sessions/:id', async ({ params, body }) => ({
      ...this.sessions.get(params.id),
      ...body,
    }))
    app.delete('/v1/sessions/:id', async (_, reply) => reply.code(204).send())
    app.get('/v1/sessions/:id/export', async () => Buffer.from('PK'))
    app.post<{ Params: { id: string } }>('/v1/sessions/:id/turns', async (request, reply) => {
      const generation = this.addGeneration(request.params.id)
      return reply.code(202).send({ turn: { id: generation.turnId }, generations: [generation] })
    })
    for (const path of ['/v1/sessions/import', '/v1/sessions/:id/fork']) {
      app.post(path, async (request, reply) => reply.code(201).send(this.once(request, () => this.addSession())))
    }
    app.post('/v1/images', async (request, reply) => reply.code(201).send({ id: newId('image') }))
    for (const kind of ['images', 'turns']) app.delete(`/v1/${kind}/:id`, async (_, reply) => reply.code(204).send())
    app.get('/v1/turns/:id', async () => ({ generations: [] }))
    for (const list of ['siblings', 'generations'])
      app.get(`/v1/turns/:id/${list}`, async () => ({ data: [], nextCursor: null }))
    app.get<{ Querystring: { limit?: string; before?: string } }>('/v1/sessions/:id/turns', async ({ query }) => {
      const end = query.before === undefined ? this.turnIds.length : this.turnIds.indexOf(query.before)
      const start = Math.max(0, end - Number(query.limit ?? 50))
      const data = this.turnIds.slice(start, end).map((id) => ({ id }))
      return { data, before: start > 0 ? data[0]!.id : null, after: null }
    })
    app.get('/v1/images/:id/content', async () => Buffer.from([1, 2, 3]))
    app.get<{ Params: { id: string } }>('/v1/generations/:id', async ({ params }, reply) => {
      const generation = this.generations.get(params.id)
      return generation ? { ...generation, position: 3, etaSeconds: 4.5 } : refuse(reply, 'not_found')
    })
    app.get('/v1/limits', async () => ({ waiting: { limit: 9, used: 2 } }))
    app.post<{ Params: { id: string } }>('/v1/generations/:id/cancel', async ({ params }) =>
      this.generations.get(params.id),
    )
    for (const again of ['retry', 'reproduce'])
      app.post(`/v1/generations/:id/${again}`, async (_, reply) => reply.code(202).send({ id: newId('generation') }))
    this.serveSockets()
    this.address = await app.listen({ port: 0, host: '127.0.0.1' })
  }

  async stop(): Promise<void> {
    const closing = this.io.close()
    this.app.server.closeAllConnections()
    await closing
    await this.app.close()
  }

  addSession(): Session {
    const now = new Date().toISOString()
    const session: Session = {
      id: newId('session'),
      title: null,
      lastSeq: 0,
      activeTurnId: null,
      createdAt: now,
      updatedAt: now,
    }
    this.sessions.set(session.id, session)
    return session
  }

  addGeneration(sessionId: string): Generation {
    const generation = {
      id: newId('generation'),
      turnId: newId('turn'),
      sessionId,
      status: 'running',
      attempt: 1,
      step: 0,
      steps: 4,
    } as Generation
    this.generations.set(generation.id, generation)
    return generation
  }

  /** Appends an event to a session's log; connected clients hear it unless `silent`. */
  append(sessionId: string, generationId: string, { silent = false } = {}): number {
    const log = this.logs.get(sessionId) ?? []
    this.logs.set(sessionId, log)
    const event: LiveEvent = {
      type: 'generation-cancelled',
      seq: log.length + 1,
      createdAt: new Date().toISOString(),
      sessionId,
      turnId: newId('turn'),
      generationId,
    }
    log.push(event)
    if (!silent) this.io.to(sessionId).emit(event.type, event)
    return event.seq
  }

  /** Sends an event of the log again. */
  repeat(sessionId: string, seq: number): void {
    const event = this.logs.get(sessionId)![seq - 1]!
    this.io.to(sessionId).emit(event.type, event)
  }

  progress(progress: ProgressEvent): void {
    this.io.to(progress.sessionId).emit('generation-progress', progress)
  }

  /** Says goodbye to every socket, as a process that ends does; `rudely` cuts the connections instead. */
  disconnect({ rudely = false } = {}): void {
    if (rudely) for (const socket of this.io.sockets.sockets.values()) socket.conn.close()
    else this.io.disconnectSockets(true)
  }

  private receive(request: FastifyRequest, reply: FastifyReply): unknown {
    const key = request.headers['idempotency-key']
    this.requests.push({
      method: request.method,
      url: request.url,
      idempotencyKey: typeof key === 'string' ? key : undefined,
      body: request.body,
    })
    if (request.headers.authorization !== `Bearer ${tinyToken}`) return refuse(reply, 'unauthorized')
    const fault = this.fault(request)
    if (!fault || fault === 'drop') return undefined
    if (fault.retryAfter) reply.header('retry-after', fault.retryAfter)
    return fault.status === 502
      ? reply.code(502).send('<html>bad gateway</html>')
      : reply.code(fault.status).send(errorBody('unavailable'))
  }

  private once<T>(request: FastifyRequest, work: () => T): T {
    const key = String(request.headers['idempotency-key'])
    const answer = this.answers.get(key) ?? work()
    this.answers.set(key, answer)
    return answer as T
  }

  private serveSockets(): void {
    this.io.use((socket, next) => {
      const code = this.refuseSocket() ?? (socket.handshake.auth.token === tinyToken ? undefined : 'unauthorized')
      next(code && Object.assign(new Error(code), { data: errorBody(code) }))
    })
    this.io.on('connection', (socket) => {
      socket.on(
        'session:join',
        ({ sessionId, afterSeq }: { sessionId: string; afterSeq?: number }, ack: (answer: unknown) => void) => {
          this.joins++
          const session = this.sessions.get(sessionId)
          if (!session) return ack(errorBody('not_found'))
          const log = this.logs.get(sessionId) ?? []
          const reset = afterSeq !== undefined && log.length - afterSeq > this.mostMissed
          ack({
            session: withTurns(session),
            lastSeq: log.length,
            reset,
            events: afterSeq === undefined || reset ? [] : log.slice(afterSeq),
            progress: [],
          })
          void socket.join(sessionId)
          return this.afterJoin(sessionId)
        },
      )
    })
  }
}

/** A session as it is read; one that a test has given turns keeps them. */
const withTurns = (session: Session) => ({ turns: [], before: null, after: null, ...session })

function refuse(reply: FastifyReply, code: ErrorCode): FastifyReply {
  return reply.code(errorTable[code].status).send(errorBody(code))
}
