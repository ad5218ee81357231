import { z } from 'zod'
import { logEventNames, type LogEventName } from './events.js'
import { idSchema } from './ids.js'
import { pageQuerySchema } from './page.js'
import { defaultMessageTypes, webhookUrlSchema } from './turn-webhook.js'

/** The type of a message about a log event: `generation-succeeded` → `generation.succeeded`. */
export const messageTypeOf = (name: LogEventName): string => name.replace('-', '.')

/** The types of messages that a webhook may get. */
export const messageTypes: readonly string[] = logEventNames.map(messageTypeOf)

const eventsSchema = z
  .array(z.enum(messageTypes as [string, ...string[]]))
  .min(1)
  .max(20)

/** Schema of `POST /v1/webhooks`. */
export const createWebhookSchema = z.strictObject({
  url: webhookUrlSchema,
  /** Default: how generations end. Repeated ones count once. */
  events: eventsSchema.default([...defaultMessageTypes]),
  description: z.string().trim().max(200).default(''),
})
/** Schema of `PATCH /v1/webhooks/:id`. */
export const updateWebhookSchema = z.strictObject({
  url: webhookUrlSchema.optional(),
  events: eventsSchema.optional(),
  description: z.string().trim().max(200).optional(),
  enabled: z.boolean().optional(),
})
/** Schema of `POST /v1/webhooks/:id/rotate`. */
export const rotateWebhookSchema = z.strictObject({
  /** How long messages are signed with the old secret as well, in seconds: 0 to 30 days, default a day. */
  overlapSeconds: z
    .int()
    .min(0)
    .max(30 * 24 * 3600)
    .default(24 * 3600),
})
/** Schema of a webhook, without its secret. */
export const webhookSchema = z.object({
  id: idSchema('webhook'),
  /** The turn whose generations it is told of; null: it is told of everything of its owner. */
  turnId: idSchema('turn').nullable(),
  url: z.string(),
  events: z.array(z.string()),
  description: z.string(),
  enabled: z.boolean(),
  /** Why it was disabled by the server; null when it was not. */
  disabledReason: z.string().nullable(),
  /** Since when every attempt has failed; null when the last one succeeded. */
  failingSince: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
})
/** Where messages about an owner's generations go. */
export type Webhook = z.infer<typeof webhookSchema>
/** Schema of the query of `GET /v1/webhooks`: without `turn`, those that are told of everything. */
export const webhooksQuerySchema = pageQuerySchema.extend({ turn: idSchema('turn').optional() })
/** Which webhooks are listed. */
export type WebhooksQuery = z.infer<typeof webhooksQuerySchema>

/** Schema of the secret that signs the messages of turns' own webhooks. */
export const turnWebhookSecretSchema = z.object({ secret: z.string() })

/** Schema of a webhook with a new secret, which is shown this once. */
export const createdWebhookSchema = webhookSchema.extend({ secret: z.string() })

/** Schema of a message to a webhook and what became of it. */
export const deliverySchema = z.object({
  /** The `webhook-id` of all attempts. */
  id: idSchema('delivery'),
  webhookId: idSchema('webhook'),
  sessionId: idSchema('session'),
  type: z.string(),
  status: z.enum(['pending', 'delivered', 'failed']),
  attempts: z.int(),
  /** HTTP status of the last answer; null when there was none. */
  lastStatus: z.int().nullable(),
  lastError: z.string().nullable(),
  nextAttemptAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
})
/** A message to a webhook. */
export type Delivery = z.infer<typeof deliverySchema>
