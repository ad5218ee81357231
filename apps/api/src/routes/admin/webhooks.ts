import {
  adminDeliveriesQuerySchema,
  adminWebhookSchema,
  adminWebhooksQuerySchema,
  deliverySchema,
  idSchema,
  pageSchema,
} from '@atelier/contracts'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { ApiContext } from '../../api-context.js'
import { orNotFound } from '../../or-not-found.js'
import { pathSchema } from '../../path-schema.js'

const tags = ['admin']
const params = pathSchema('webhook')

/** `/v1/admin/webhooks`. */
export const adminWebhookRoutes =
  ({ database }: ApiContext): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/webhooks',
      {
        schema: {
          tags,
          summary: 'Webhooks of all owners, newest first; those that fail with their last error',
          querystring: adminWebhooksQuerySchema,
          response: { 200: pageSchema(adminWebhookSchema) },
        },
      },
      async ({ query }) => database.admin.webhooks(query),
    )

    app.get(
      '/webhooks/:id/deliveries',
      {
        schema: {
          tags,
          summary: "The messages of any owner's webhook, newest first",
          params,
          querystring: adminDeliveriesQuerySchema,
          response: { 200: pageSchema(deliverySchema) },
        },
      },
      async ({ params: { id }, query }) => orNotFound(await database.admin.deliveries(id, query)),
    )

    app.post(
      '/webhooks/:id/deliveries/:deliveryId/replay',
      {
        schema: {
          tags,
          summary: "Send a message of any owner's webhook again",
          params: params.extend({ deliveryId: idSchema('delivery') }),
          response: { 200: deliverySchema },
        },
      },
      async ({ params: { id, deliveryId } }) => {
        const ownerId = orNotFound(await database.admin.webhookOwner(id))
        return orNotFound(await database.forOwner(ownerId).webhooks.replay(id, deliveryId))
      },
    )
  }
