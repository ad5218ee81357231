import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { ApiContext } from '../api-context.js'
import { authGate } from '../auth.js'
import { rateLimit } from '../plugins/rate-limit.js'
import { adminRoutes } from './admin/index.js'
import { eventRoutes } from './events.js'
import { generationRoutes } from './generations.js'
import { imageRoutes } from './images.js'
import { modelRoutes } from './models.js'
import { sessionCopyRoutes } from './session-copies.js'
import { sessionRoutes } from './sessions.js'
import { turnRoutes } from './turns.js'

/** Everything that needs a key: one gate, one limit, then the routes. */
export const keyedRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    await app.register(authGate(context))
    await app.register(rateLimit(context.settings.limits))
    for (const routes of [
      modelRoutes,
      sessionRoutes,
      sessionCopyRoutes,
      turnRoutes,
      imageRoutes,
      generationRoutes,
      eventRoutes,
    ]) {
      await app.register(routes(context))
    }
    await app.register(adminRoutes(context), { prefix: '/admin' })
  }
