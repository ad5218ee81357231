import { modelSchema } from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ApiContext } from '../api-context.js'

/** `GET /v1/models`. */
export const modelRoutes =
  ({ models }: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/models',
      {
        schema: {
          tags: ['models'],
          summary: 'Models with their sizes, defaults and limits',
          response: { 200: z.object({ data: z.array(modelSchema) }) },
        },
      },
      async () => ({ data: models.list() }),
    )
  }
