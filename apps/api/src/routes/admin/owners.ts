import {
  adminSessionSchema,
  adminSessionsQuerySchema,
  holdSessionSchema,
  namesQuerySchema,
  namesSchema,
  ownerDetailSchema,
  ownerSchema,
  ownersQuerySchema,
  pageSchema,
  storedLimitNames,
  updateLimitsSchema,
  type OwnerDetail,
  type OwnerLimitName,
  type StoredLimitName,
} from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { ApiContext } from '../../api-context.js'
import { orNotFound } from '../../or-not-found.js'
import { pathSchema } from '../../path-schema.js'
import { limitsOf } from '../limits.js'

const tags = ['admin']

/** `/v1/admin/owners`, `/v1/admin/names` and `/v1/admin/sessions`. */
export const adminOwnerRoutes =
  (context: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    const { admin } = context.database
    const detail = async (id: string): Promise<OwnerDetail> => {
      const owner = orNotFound(await admin.owner(id))
      const repositories = context.database.forOwner(id)
      const [limits, own] = [await limitsOf(context, repositories), await repositories.limits.own()]
      const ownOf = (name: OwnerLimitName) =>
        (storedLimitNames as readonly OwnerLimitName[]).includes(name) ? own[name as StoredLimitName] : undefined
      const withDefault = Object.entries(limits).map(([name, use]) => {
        const limit = name as OwnerLimitName
        return [name, { ...use, default: context.ownerLimits[limit], own: ownOf(limit) ?? null }]
      })
      return { ...owner, limits: Object.fromEntries(withDefault) as OwnerDetail['limits'] }
    }

    app.get(
      '/owners',
      {
        schema: {
          tags,
          summary: 'Owners with what they have, newest first',
          querystring: ownersQuerySchema,
          response: { 200: pageSchema(ownerSchema) },
        },
      },
      async ({ query }) => admin.owners(query),
    )

    app.get(
      '/owners/:id',
      {
        schema: {
          tags,
          summary: 'An owner with its limits',
          params: pathSchema('owner'),
          response: { 200: ownerDetailSchema },
        },
      },
      async ({ params: { id } }) => detail(id),
    )

    app.get(
      '/names',
      {
        schema: {
          tags,
          summary: 'Names of owners and keys',
          querystring: namesQuerySchema,
          response: { 200: namesSchema },
        },
      },
      async ({ query: { ids } }) => ({ data: await admin.names(ids) }),
    )

    app.patch(
      '/owners/:id/limits',
      {
        schema: {
          tags,
          summary: 'Set limits for one owner, or take them back',
          params: pathSchema('owner'),
          body: updateLimitsSchema,
          response: { 200: ownerDetailSchema },
        },
      },
      async ({ params: { id }, body }) => {
        orNotFound((await admin.setLimits(id, body)) || null)
        return detail(id)
      },
    )

    app.get(
      '/sessions',
      {
        schema: {
          tags,
          summary: 'Sessions of all owners, newest first',
          querystring: adminSessionsQuerySchema,
          response: { 200: pageSchema(adminSessionSchema) },
        },
      },
      async ({ query }) => admin.sessions(query),
    )

    app.post(
      '/sessions/:id/hold',
      {
        schema: {
          tags,
          summary: 'Put a session on hold: it can be read, but not changed or deleted',
          params: pathSchema('session'),
          body: holdSessionSchema.nullish(),
          response: { 200: adminSessionSchema },
        },
      },
      async ({ params: { id }, body }) => orNotFound(await admin.hold(id, body?.reason ?? null)),
    )

    app.post(
      '/sessions/:id/release',
      {
        schema: {
          tags,
          summary: 'End the hold of a session',
          params: pathSchema('session'),
          response: { 200: adminSessionSchema },
        },
      },
      async ({ params: { id } }) => orNotFound(await admin.release(id)),
    )
  }
