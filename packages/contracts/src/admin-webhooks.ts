import { z } from 'zod'
import { flagSchema } from './admin-queue.js'
import { idSchema } from './ids.js'
import { pageQuerySchema } from './page.js'
import { deliverySchema, webhookSchema } from './webhook.js'

/** Schema of a webhook as operators see it. */
export const adminWebhookSchema = webhookSchema.extend({
  ownerId: idSchema('owner'),
  /** Messages that wait to be sent, and that were given up, of the last 30 days. */
  pending: z.int(),
  failed: z.int(),
  /** Of the last message that was not delivered; null: there is none. */
  lastStatus: z.int().nullable(),
  lastError: z.string().nullable(),
})
/** A webhook as operators see it. */
export type AdminWebhook = z.infer<typeof adminWebhookSchema>
/** Schema of the query of `GET /v1/admin/webhooks`. */
export const adminWebhooksQuerySchema = pageQuerySchema.extend({
  owner: idSchema('owner').optional(),
  /** `true`: those that fail at the moment or were disabled by the server. */
  failing: flagSchema.optional(),
})
/** Query of the webhooks of all owners. */
export type AdminWebhooksQuery = z.infer<typeof adminWebhooksQuerySchema>
/** Schema of the query of `GET /v1/admin/webhooks/:id/deliveries`. */
export const adminDeliveriesQuerySchema = pageQuerySchema.extend({ status: deliverySchema.shape.status.optional() })
/** Query of the messages of a webhook. */
export type AdminDeliveriesQuery = z.infer<typeof adminDeliveriesQuerySchema>
