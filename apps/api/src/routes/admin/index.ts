import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { ApiContext } from '../../api-context.js'
import { adminGenerationRoutes } from './generations.js'
import { adminKeyRoutes } from './keys.js'
import { adminOperationRoutes } from './operations.js'

/** Everything under `/v1/admin`: each route needs the scope `admin`. */
export const adminRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    app.addHook('onRoute', (route) => {
      route.config = { ...route.config, scope: 'admin' }
    })
    for (const routes of [adminOperationRoutes, adminGenerationRoutes, adminKeyRoutes]) {
      await app.register(routes(context))
    }
  }
