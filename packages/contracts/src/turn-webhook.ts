import { z } from 'zod'

/** Schema of the address of a webhook; which addresses it may lead to is checked later. */
export const webhookUrlSchema = z.url({ protocol: /^https?$/ }).max(2000)

/** The types of messages that a webhook gets unless it chooses others: how generations end. */
export const defaultMessageTypes = ['generation.succeeded', 'generation.failed', 'generation.cancelled'] as const

/** Schema of a turn's own webhook: it is told of the generations of this turn alone, those that are tried again included. */
export const turnWebhookSchema = z.strictObject({
  url: webhookUrlSchema,
  /** Default: how generations end. Repeated ones count once. */
  events: z
    .array(z.enum(['generation.queued', 'generation.started', ...defaultMessageTypes]))
    .min(1)
    .max(20)
    .default([...defaultMessageTypes]),
})
/** A turn's own webhook. */
export type TurnWebhook = z.infer<typeof turnWebhookSchema>
