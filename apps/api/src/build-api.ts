import { ownerLimitsOf, processMetrics } from '@atelier/service'
import fastifyCors from '@fastify/cors'
import fastifyMultipart from '@fastify/multipart'
import Fastify, { LogController, type FastifyInstance, type FastifySerializerCompiler } from 'fastify'
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import type { ApiContext, ApiDependencies } from './api-context.js'
import { anonymousLimit } from './auth.js'
import { AddressLimits } from './address-limits.js'
import { AtOnce } from './at-once.js'
import { Authenticator } from './authenticator.js'
import { BodyBytes } from './body-bytes.js'
import { errors, sendError } from './errors.js'
import { startRequeueing } from './generations/requeue-overdue.js'
import { startHousekeeping } from './housekeeping.js'
import { SessionHub } from './live/session-hub.js'
import { openSocketServer, socketPath } from './live/socket-server.js'
import { mcpDoor } from './mcp/mcp-door.js'
import { sendDoorError } from './openai/door-error.js'
import { openAiDoor } from './openai/openai-door.js'
import { redirectsBelow, stripBasePath } from './plugins/base-path.js'
import { boundedClose } from './plugins/bounded-close.js'
import { connectionBounds, defaultConnectionBounds, requestTimes } from './plugins/connection-bounds.js'
import { HealthMonitor } from './operators/health-monitor.js'
import { OperatorHub } from './operators/operator-hub.js'
import { helmet } from './plugins/helmet.js'
import { metrics } from './plugins/metrics.js'
import { openapi } from './plugins/openapi.js'
import { page } from './plugins/page.js'
import { messageLimit } from './plugins/rate-limit.js'
import { answerBelowFastify, answerParserError } from './plugins/protocol.js'
import { trailOfRequests } from './plugins/trail.js'
import { strictInput } from './plugins/strict-input.js'
import { startPurging } from './purge.js'
import { requestIdOf } from './request-id.js'
import { boardRoutes } from './routes/admin/board.js'
import { signInRoute } from './routes/browser-sessions.js'
import { healthRoutes } from './routes/health.js'
import { keyedRoutes } from './routes/index.js'
import { objectRoutes } from './routes/objects.js'
import { Serializer } from './serializer.js'
import { Spool } from './spool.js'
import { WebhookSender } from './webhooks/webhook-sender.js'
import { WorkPool } from './work/work-pool.js'

/** Longest JSON body in bytes. */
const bodyLimit = 256 * 1024

/** Answers are what their schema allows: a field that the schema does not name never leaves the process. */
const serializerCompiler: FastifySerializerCompiler<z.ZodType> =
  ({ schema }) =>
  (data) =>
    JSON.stringify(schema.parse(data))

/** The OpenAPI document and every route that it lists. */
export async function addDocumentedRoutes(app: FastifyInstance, context: ApiContext): Promise<void> {
  await app.register(fastifyMultipart)
  await app.register(strictInput)
  await app.register(openapi(context))
  await app.register(metrics(context))
  for (const routes of [healthRoutes, objectRoutes, signInRoute]) await app.register(routes(context))
  await app.register(keyedRoutes(context), { prefix: '/v1' })
  await app.register(openAiDoor(context), { prefix: '/openai/v1' })
}

async function addRoutes(app: FastifyInstance, context: ApiContext): Promise<void> {
  await app.register(trailOfRequests)
  await app.register(errors)
  await app.register(boundedClose)
  await app.register(connectionBounds({ ...defaultConnectionBounds, ...context.settings.connectionBounds }))
  await app.register(redirectsBelow(context.settings.basePath ?? ''))
  await app.register(helmet(context))
  await app.register(fastifyCors, {
    origin: context.settings.corsOrigins,
    exposedHeaders: [
      'X-Request-Id',
      'Retry-After',
      'Retry-After-Ms',
      'X-Should-Retry',
      'X-RateLimit-Limit',
      'X-RateLimit-Remaining',
      'X-RateLimit-Reset',
      'Idempotent-Replayed',
    ],
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    // any other OPTIONS asks which methods there are; `Allow` says it
    strictPreflight: false,
  })
  await app.register(anonymousLimit(context))
  await addDocumentedRoutes(app, context)
  await app.register(mcpDoor(context))
  await app.register(boardRoutes(context))
  await app.register(page(context))
}

/**
 * Builds the API: REST, server-sent events, websocket, documentation, page. It does not listen yet. Closing it ends
 * streams, sockets, requeueing and the listening connection, but not the dependencies.
 */
export async function buildApi(dependencies: ApiDependencies): Promise<FastifyInstance> {
  const { logger, database, progress, objects, settings } = dependencies
  const { basePath = '', trustProxy = [], linkSeconds } = settings
  const serializer = new Serializer(objects, { linkSeconds, basePath })
  const wakeups = await database.listen()
  const hub = new SessionHub({ database, wakeups, progress, serializer, logger })
  const health = new HealthMonitor(dependencies)
  const operators = new OperatorHub({ ...dependencies, wakeups, health })
  const addressLimits = new AddressLimits(settings.limits)
  const authenticator = new Authenticator({ database, wakeups, limits: addressLimits })
  const pool = new WorkPool({ processes: settings.workProcesses ?? 2 })
  const spool = new Spool()
  await spool.sweep(logger)
  // what a container leaves that was killed is a day old before it can be told from what another one uses
  const sweeping = setInterval(() => void spool.sweep(logger), 24 * 3600 * 1000)
  sweeping.unref()
  const ownerLimits = settings.ownerLimits ?? ownerLimitsOf()
  const context: ApiContext = {
    ...dependencies,
    registry: dependencies.registry ?? processMetrics(),
    serializer,
    hub,
    health,
    operators,
    authenticator,
    addressLimits,
    pool,
    spool,
    ownerLimits,
    atOnce: new AtOnce(ownerLimits),
    bodies: new BodyBytes(),
  }
  const app = Fastify({
    loggerInstance: logger,
    // `trail` logs them, with more ids
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: (parent) => parent,
    bodyLimit,
    requestTimeout: requestTimes.requestTimeout,
    trustProxy: trustProxy.length > 0 && trustProxy,
    genReqId: ({ headers }) => requestIdOf(headers),
    // an address that cannot be read reaches no route, and its error the form of the door it was meant for
    frameworkErrors: (error, request, reply) =>
      (request.url.startsWith('/openai/') ? sendDoorError : sendError)(error, request, reply),
    clientErrorHandler: answerParserError,
    // Node's own refusal has no body; `errors` refuses them
    http: { ...requestTimes, requireHostHeader: false },
  }).withTypeProvider<ZodTypeProvider>() as unknown as FastifyInstance
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  const closeSockets = openSocketServer(app.server, context, messageLimit(settings.limits))
  answerBelowFastify(app.server, socketPath)
  const stopRequeueing = startRequeueing(context)
  const stopPurging = startPurging(context)
  const webhooks = new WebhookSender(context, settings.webhookNetworks ?? [])
  const stopHousekeeping = startHousekeeping(context, settings.housekeeping)
  app.addHook('preClose', closeSockets)
  app.addHook('onClose', async () => {
    clearInterval(sweeping)
    await stopRequeueing()
    await stopPurging()
    await webhooks.close()
    await stopHousekeeping()
    authenticator.close()
    hub.close()
    operators.close()
    health.close()
    await wakeups.close()
    await pool.close()
  })
  await addRoutes(app, context)
  stripBasePath(app.server, basePath)
  return app
}
