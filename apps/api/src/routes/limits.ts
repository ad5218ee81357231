import { limitsSchema, ownerLimitNames, type Limits } from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { ApiContext } from '../api-context.js'

/** `GET /v1/limits`. */
export const limitRoutes =
  ({ ownerLimits, atOnce }: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/limits',
      {
        schema: {
          tags: ['limits'],
          summary: 'What you may have and start at once, and how much of it you use',
          response: { 200: limitsSchema },
        },
      },
      async ({ owner }) => {
        const stored: Partial<Record<string, number>> = await owner.limits.used()
        const used = (name: (typeof ownerLimitNames)[number]): number =>
          name === 'sockets' || name === 'joinedSessions' || name === 'imports' || name === 'decodes'
            ? atOnce.used(name, owner.ownerId)
            : stored[name]!
        return Object.fromEntries(
          ownerLimitNames.map((name) => [name, { limit: ownerLimits[name], used: used(name) }]),
        ) as Limits
      },
    )
  }
