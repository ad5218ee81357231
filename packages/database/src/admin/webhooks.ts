import type { AdminDeliveriesQuery, AdminWebhook, AdminWebhooksQuery, Delivery, Page } from '@atelier/contracts'
import type { PrismaClient } from '../generated/client.js'
import { toDelivery, toWebhook } from '../owner/webhook-repository.js'
import { page } from '../prisma/page.js'

/** Webhooks of all owners. */
export interface WebhookListRepository {
  /** Newest first. */
  webhooks(query: AdminWebhooksQuery): Promise<Page<AdminWebhook>>
  /** Whom a webhook belongs to; null when there is none. */
  webhookOwner(id: string): Promise<string | null>
  /** Messages of a webhook, newest first; null when there is no such webhook. */
  deliveries(webhookId: string, query: AdminDeliveriesQuery): Promise<Page<Delivery> | null>
}

interface Messages {
  webhookId: string
  pending: number
  failed: number
  lastStatus: number | null
  lastError: string | null
}

const noMessages = { pending: 0, failed: 0, lastStatus: null, lastError: null }

async function messagesOf(client: PrismaClient, ids: string[]): Promise<Map<string, Omit<Messages, 'webhookId'>>> {
  const rows = await client.$queryRaw<Messages[]>`
    SELECT w.id AS "webhookId", m.pending, m.failed, last.last_status AS "lastStatus", last.last_error AS "lastError"
    FROM unnest(${ids}::text[]) AS w(id)
    CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE status = 'pending')::int AS pending,
      count(*) FILTER (WHERE status = 'failed')::int AS failed FROM deliveries WHERE webhook_id = w.id) m
    LEFT JOIN LATERAL (SELECT last_status, last_error FROM deliveries
      WHERE webhook_id = w.id AND last_error IS NOT NULL ORDER BY created_at DESC, id DESC LIMIT 1) last ON true`
  return new Map(rows.map(({ webhookId, ...rest }) => [webhookId, rest]))
}

/** See {@link WebhookListRepository}. */
export const webhookListRepository = (client: PrismaClient): WebhookListRepository => ({
  webhooks: async ({ owner, failing, ...query }) => {
    const troubled = { OR: [{ failingSince: { not: null } }, { disabledReason: { not: null } }] }
    const only = failing === undefined ? {} : failing ? troubled : { NOT: troubled }
    const { data, nextCursor } = await page(
      query,
      ({ where, ...rest }) =>
        client.webhook.findMany({ where: { AND: [where, only, owner ? { ownerId: owner } : {}] }, ...rest }),
      (row) => ({ ...toWebhook(row), ownerId: row.ownerId }),
    )
    const messages = await messagesOf(
      client,
      data.map(({ id }) => id),
    )
    return { data: data.map((webhook) => ({ ...webhook, ...(messages.get(webhook.id) ?? noMessages) })), nextCursor }
  },
  webhookOwner: async (id) => (await client.webhook.findUnique({ where: { id } }))?.ownerId ?? null,
  deliveries: async (webhookId, { status, ...query }) => {
    if (!(await client.webhook.count({ where: { id: webhookId } }))) return null
    return page(
      query,
      ({ where, ...rest }) =>
        client.delivery.findMany({ where: { ...where, webhookId, ...(status && { status }) }, ...rest }),
      toDelivery,
    )
  },
})
