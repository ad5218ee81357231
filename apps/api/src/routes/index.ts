import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { ApiContext } from '../api-context.js'
import { countAtOnce } from '../at-once.js'
import { authGate } from '../auth.js'
import { refuseUnread } from '../plugins/strict-input.js'
import { rateLimit } from '../plugins/rate-limit.js'
import { logActions } from './admin/action-log.js'
import { adminActionRoutes } from './admin/actions.js'
import { adminEventRoutes } from './admin/events.js'
import { adminGenerationRoutes } from './admin/generations.js'
import { adminHealthRoutes } from './admin/health.js'
import { adminKeyRoutes } from './admin/keys.js'
import { adminOwnerRoutes } from './admin/owners.js'
import { adminQueueRoutes } from './admin/queue.js'
import { adminRunningOrderRoutes } from './admin/running-order.js'
import { adminStorageRoutes } from './admin/storage.js'
import { adminUsageRoutes } from './admin/usage.js'
import { adminWebhookRoutes } from './admin/webhooks.js'
import { adminWorkerRoutes } from './admin/workers.js'
import { browserSessionRoutes } from './browser-sessions.js'
import { eventRoutes } from './events.js'
import { generationRoutes } from './generations.js'
import { imageRoutes } from './images.js'
import { limitRoutes } from './limits.js'
import { modelRoutes } from './models.js'
import { sessionCopyRoutes } from './session-copies.js'
import { sessionRoutes } from './sessions.js'
import { turnRoutes } from './turns.js'
import { webhookRoutes } from './webhooks.js'

const userRoutes = [
  browserSessionRoutes,
  modelRoutes,
  limitRoutes,
  sessionRoutes,
  sessionCopyRoutes,
  turnRoutes,
  imageRoutes,
  generationRoutes,
  eventRoutes,
  webhookRoutes,
]

const operatorRoutes = [
  adminHealthRoutes,
  adminEventRoutes,
  adminWorkerRoutes,
  adminQueueRoutes,
  adminGenerationRoutes,
  adminRunningOrderRoutes,
  adminUsageRoutes,
  adminOwnerRoutes,
  adminStorageRoutes,
  adminWebhookRoutes,
  adminKeyRoutes,
  adminActionRoutes,
]

/** Everything under `/v1/admin`: each route needs the scope `admin`. */
const adminRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    app.addHook('onRoute', (route) => {
      route.config = { ...route.config, scope: 'admin' }
    })
    await app.register(logActions(context))
    for (const routes of operatorRoutes) await app.register(routes(context))
  }

/** Everything under `/v1`, which needs a key: one gate, one limit, then the routes. */
export const keyedRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    await app.register(authGate(context))
    await app.register(rateLimit(context.settings.limits))
    await app.register(countAtOnce(context.atOnce))
    app.addHook('preValidation', (request, _reply, done) => {
      refuseUnread(request)
      done()
    })
    for (const routes of userRoutes) await app.register(routes(context))
    await app.register(adminRoutes(context), { prefix: '/admin' })
  }
