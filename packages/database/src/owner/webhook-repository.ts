import { randomBytes } from 'node:crypto'
import {
  AtelierError,
  newId,
  type Delivery,
  type Page,
  type PageQuery,
  type TurnWebhook,
  type Webhook,
  type WebhooksQuery,
} from '@atelier/contracts'
import type { Delivery as DeliveryModel, PrismaClient, Webhook as WebhookModel } from '../generated/client.js'
import type { Statements } from '../prisma/statements.js'
import { page } from '../prisma/page.js'
import { ownerTransaction } from '../prisma/transaction.js'
import { lockOwner } from '../queue/fair-share.js'

/** Most webhooks of one owner. */
const most = 20

/** What a webhook is made from. */
export interface NewWebhook {
  url: string
  events: string[]
  description: string
}

/** Webhooks of one owner and their messages. */
export interface WebhookRepository {
  /** @throws AtelierError `limit_reached` */
  create(webhook: NewWebhook): Promise<Webhook & { secret: string }>
  /** Those that are told of everything, or the one of a turn. */
  list(query: WebhooksQuery): Promise<Page<Webhook>>
  get(id: string): Promise<Webhook | null>
  /** Enabling it forgets why it was disabled. */
  update(id: string, change: Partial<NewWebhook & { enabled: boolean }>): Promise<Webhook | null>
  /** Gives it a new secret; the old one signs as well for `overlapSeconds`. Null for one of a turn: it has none of its own. */
  rotate(id: string, overlapSeconds: number): Promise<(Webhook & { secret: string }) | null>
  /** Deletes it with its messages. @returns whether there was one */
  delete(id: string): Promise<boolean>
  /** Its messages, newest first; null when there is no such webhook. */
  deliveries(id: string, query: PageQuery): Promise<Page<Delivery> | null>
  /** Sends a message again that is not waiting to be sent, now. @returns null when there is none */
  replay(id: string, deliveryId: string): Promise<Delivery | null>
  /** What signs the messages of the webhooks of turns; made when it is asked for first. */
  turnSecret(): Promise<string>
  /** Makes a new one; the old one signs as well for `overlapSeconds`. */
  rotateTurnSecret(overlapSeconds: number): Promise<string>
}

/** A secret in the form of Standard Webhooks: 256 random bits. */
const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`

/** Row → webhook, without its secret. */
export const toWebhook = (row: WebhookModel): Webhook => ({
  id: row.id,
  turnId: row.turnId,
  url: row.url,
  events: row.events,
  description: row.description,
  enabled: row.enabled,
  disabledReason: row.disabledReason,
  failingSince: row.failingSince?.toISOString() ?? null,
  createdAt: row.createdAt.toISOString(),
})

/** Row → message. */
export const toDelivery = (row: DeliveryModel): Delivery => ({
  id: row.id,
  webhookId: row.webhookId,
  sessionId: row.sessionId,
  type: row.type,
  status: row.status as Delivery['status'],
  attempts: row.attempts,
  lastStatus: row.lastStatus,
  lastError: row.lastError,
  nextAttemptAt: row.nextAttemptAt?.toISOString() ?? null,
  createdAt: row.createdAt.toISOString(),
})

/** Makes the secret of an owner who has none yet. */
const ensureTurnSecret = (tx: Statements, ownerId: string) =>
  tx.$executeRaw`UPDATE owners SET turn_secret = ${newSecret()} WHERE id = ${ownerId} AND turn_secret IS NULL`

/** Gives a turn a webhook of its own, in the turn's transaction. The owner must be locked. */
export async function storeTurnWebhook(
  tx: Statements,
  ownerId: string,
  turnId: string,
  { url, events }: TurnWebhook,
): Promise<void> {
  await ensureTurnSecret(tx, ownerId)
  await tx.$executeRaw`
    INSERT INTO webhooks (id, owner_id, turn_id, url, events)
    VALUES (${newId('webhook')}, ${ownerId}, ${turnId}, ${url}, ${[...new Set(events)]}::text[])`
}

/** See {@link WebhookRepository}. */
export const webhookRepository = (client: PrismaClient, ownerId: string): WebhookRepository => {
  const owned = (id: string) => client.webhook.findUnique({ where: { id, ownerId } })
  const changed = async (id: string, data: Partial<WebhookModel>) => {
    const { count } = await client.webhook.updateMany({ where: { id, ownerId }, data })
    return count ? owned(id) : null
  }
  return {
    create: ({ url, events, description }) =>
      ownerTransaction(client, { ownerId }, async (tx) => {
        await lockOwner(tx, ownerId)
        const used = await tx.webhook.count({ where: { ownerId, turnId: null } })
        if (used >= most)
          throw new AtelierError('limit_reached', `You have ${used} webhooks already.`, {
            limit: 'webhooks',
            used,
            most,
          })
        const secret = newSecret()
        const data = { id: newId('webhook'), ownerId, url, events: [...new Set(events)], description, secret }
        return { ...toWebhook(await tx.webhook.create({ data })), secret }
      }),
    list: ({ turn: turnId = null, ...query }) =>
      page(
        query,
        ({ where, ...rest }) => client.webhook.findMany({ where: { ...where, ownerId, turnId }, ...rest }),
        toWebhook,
      ),
    get: async (id) => {
      const row = await owned(id)
      return row && toWebhook(row)
    },
    update: async (id, { events, enabled, ...change }) => {
      const row = await changed(id, {
        ...change,
        ...(events && { events: [...new Set(events)] }),
        ...(enabled !== undefined && { enabled }),
        ...(enabled && { disabledReason: null, failingSince: null }),
      })
      return row && toWebhook(row)
    },
    rotate: async (id, overlapSeconds) => {
      const secret = newSecret()
      const count = await client.$executeRaw`
        UPDATE webhooks SET old_secret = secret, secret = ${secret},
          old_secret_until = now() + make_interval(secs => ${overlapSeconds}::float8)
        WHERE id = ${id} AND owner_id = ${ownerId} AND turn_id IS NULL`
      const row = count ? await owned(id) : null
      return row && { ...toWebhook(row), secret }
    },
    delete: async (id) => (await client.webhook.deleteMany({ where: { id, ownerId } })).count > 0,
    deliveries: async (id, query) =>
      (await owned(id))
        ? page(
            query,
            ({ where, ...rest }) => client.delivery.findMany({ where: { ...where, webhookId: id }, ...rest }),
            toDelivery,
          )
        : null,
    replay: async (id, deliveryId) => {
      if (!(await owned(id))) return null
      await client.$executeRaw`
        UPDATE deliveries SET status = 'pending', attempts = 0, next_attempt_at = now()
        WHERE id = ${deliveryId} AND webhook_id = ${id} AND status <> 'pending'`
      const row = await client.delivery.findUnique({ where: { id: deliveryId, webhookId: id } })
      return row && toDelivery(row)
    },
    turnSecret: async () => {
      await ensureTurnSecret(client, ownerId)
      return (await client.owner.findUniqueOrThrow({ where: { id: ownerId } })).turnSecret!
    },
    rotateTurnSecret: async (overlapSeconds) => {
      await ensureTurnSecret(client, ownerId)
      const secret = newSecret()
      await client.$executeRaw`
        UPDATE owners SET old_turn_secret = turn_secret, turn_secret = ${secret},
          old_turn_secret_until = now() + make_interval(secs => ${overlapSeconds}::float8)
        WHERE id = ${ownerId}`
      return secret
    },
  }
}
