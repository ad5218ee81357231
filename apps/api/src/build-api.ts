import fastifyCors from '@fastify/cors'
import fastifyMultipart from '@fastify/multipart'
import Fastify, { type FastifyInstance } from 'fastify'
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { ApiContext } from './api-context.js'
import type { ApiDependencies } from './dependencies.js'
import { openSocketServer } from './live/socket-server.js'
import { SessionHub } from './live/session-hub.js'
import { boundedClose } from './plugins/app/bounded-close.js'
import { errors, sendError } from './plugins/app/errors.js'
import { page } from './plugins/app/page.js'
import { RateCounter } from './plugins/app/rate-counter.js'
import { serializeBySchema } from './plugins/app/serialize.js'
import { textCheck } from './plugins/app/text-check.js'
import { helmet } from './plugins/external/helmet.js'
import { openapi } from './plugins/external/openapi.js'
import { Presenter } from './presenter.js'
import { requestIdOf } from './request-id.js'
import { boardRoutes } from './routes/admin/board.js'
import { healthRoutes } from './routes/health.js'
import { keyedRoutes } from './routes/index.js'
import { localSessionRoute } from './routes/local-session.js'
import { metricsRoute } from './routes/metrics.js'
import { objectRoutes } from './routes/objects.js'
import { startSweeping } from './sweep.js'

/** Longest JSON body in bytes. */
const bodyLimit = 256 * 1024

async function addRoutes(app: FastifyInstance, context: ApiContext): Promise<void> {
  await app.register(errors)
  await app.register(boundedClose)
  await app.register(helmet(context))
  await app.register(fastifyCors, {
    origin: context.settings.corsOrigins,
    exposedHeaders: ['X-Request-Id', 'Retry-After', 'Idempotent-Replayed'],
  })
  await app.register(fastifyMultipart)
  await app.register(textCheck)
  await app.register(openapi)
  await app.register(metricsRoute(context))
  for (const routes of [healthRoutes, objectRoutes, localSessionRoute]) await app.register(routes(context))
  await app.register(keyedRoutes(context), { prefix: '/v1' })
  await app.register(boardRoutes(context))
  await app.register(page(context))
}

/**
 * Builds the API: REST, server-sent events, websocket, documentation, page. It does not listen yet. Closing it ends
 * streams, sockets, the sweep and the listening connection, but not the dependencies.
 */
export async function buildApi(dependencies: ApiDependencies): Promise<FastifyInstance> {
  const { logger, database, progress, objects, settings } = dependencies
  const presenter = new Presenter(objects)
  const hub = await SessionHub.open({ database, progress, presenter, logger })
  const context: ApiContext = { ...dependencies, presenter, hub }
  const app = Fastify({
    loggerInstance: logger,
    bodyLimit,
    genReqId: ({ headers }) => requestIdOf(headers),
    frameworkErrors: sendError,
  }).withTypeProvider<ZodTypeProvider>() as unknown as FastifyInstance
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializeBySchema)
  const counter = new RateCounter(settings.limits.requestsPerMinute)
  const closeSockets = openSocketServer(app.server, context, async ({ keyId }) => counter.count(keyId))
  const stopSweeping = startSweeping(context)
  app.addHook('preClose', closeSockets)
  app.addHook('onClose', async () => {
    await stopSweeping()
    await hub.close()
  })
  await addRoutes(app, context)
  return app
}
