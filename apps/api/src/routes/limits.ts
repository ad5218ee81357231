import { limitsSchema, ownerLimitNames, type Limits } from '@atelier/contracts'
import type { OwnerRepositories } from '@atelier/database'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { ApiContext } from '../api-context.js'

/** What an owner may have and has; the owner's own limits go before those of the settings. */
export async function limitsOf(
  { ownerLimits, atOnce }: Pick<ApiContext, 'ownerLimits' | 'atOnce'>,
  { ownerId, limits }: Pick<OwnerRepositories, 'ownerId' | 'limits'>,
): Promise<Limits> {
  const [stored, own]: [Partial<Record<string, number>>, object] = await Promise.all([limits.used(), limits.own()])
  const most = { ...ownerLimits, ...own }
  const used = (name: (typeof ownerLimitNames)[number]): number =>
    name === 'sockets' || name === 'joinedSessions' || name === 'imports' || name === 'decodes'
      ? atOnce.used(name, ownerId)
      : stored[name]!
  return Object.fromEntries(ownerLimitNames.map((name) => [name, { limit: most[name], used: used(name) }])) as Limits
}

/** `GET /v1/limits`. */
export const limitRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
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
      async ({ owner }) => limitsOf(context, owner),
    )
  }
