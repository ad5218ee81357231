import type { PrismaClient } from '../generated/client.js'
import { toEvent, type LogEventRow } from '../prisma/rows.js'

/** A message that is to be sent. */
export interface DueDelivery {
  id: string
  webhookId: string
  /** What is told one thing at a time: a webhook, or all those of an owner's turns together. */
  lane: string
  url: string
  /** The secret that signs, and the former one while it still signs as well. */
  secrets: string[]
  type: string
  /** This attempt, from 1. */
  attempt: number
  /** Null when its session has been deleted. */
  event: LogEventRow | null
  createdAt: Date
}

/** What came of an attempt. */
export interface DeliveryResult {
  delivered: boolean
  /** Of the answer; null without one. */
  status: number | null
  error: string | null
  /** Seconds until the next attempt; null: there is none. */
  retryInSeconds: number | null
  /** The receiver wants no more messages. */
  unwanted?: boolean
}

/** Messages of all owners, for those who send them. */
export interface DeliveryRepository {
  /**
   * Takes messages whose time has come, at most one of each lane, for {@link leaseSeconds}: one whose sender dies is due again
   * afterwards. So a message may arrive twice, with the same id, and is never lost.
   *
   * @param except - lanes that are being told something already
   */
  claim(limit: number, except: readonly string[]): Promise<DueDelivery[]>
  /** Notes what came of an attempt. A webhook that has failed for {@link patienceDays} is disabled. */
  finish(delivery: Pick<DueDelivery, 'id' | 'webhookId' | 'attempt'>, result: DeliveryResult): Promise<void>
  /** Deletes messages that are more than 30 days old. @returns how many */
  purge(): Promise<number>
}

const leaseSeconds = 60
const patienceDays = 3

interface ClaimedRow {
  id: string
  webhookId: string
  lane: string
  sessionId: string
  seq: number
  type: string
  attempt: number
  createdAt: Date
  url: string
  secrets: string[]
}

/** See {@link DeliveryRepository}. */
export const deliveryRepository = (client: PrismaClient): DeliveryRepository => ({
  claim: async (limit, except) => {
    const rows = await client.$queryRaw<ClaimedRow[]>`
      UPDATE deliveries d
      SET next_attempt_at = now() + make_interval(secs => ${leaseSeconds}::float8), attempts = attempts + 1
      FROM webhooks w JOIN owners o ON o.id = w.owner_id
      WHERE w.id = d.webhook_id AND d.id IN (
        SELECT id FROM deliveries WHERE next_attempt_at <= now() AND id IN (
          SELECT id FROM (
            SELECT DISTINCT ON (lane) due.id, due.next_attempt_at,
              CASE WHEN hook.turn_id IS NULL THEN hook.id ELSE hook.owner_id END AS lane
            FROM deliveries due JOIN webhooks hook ON hook.id = due.webhook_id AND hook.enabled
            WHERE due.next_attempt_at <= now()
            ORDER BY lane, due.next_attempt_at, due.seq) first
          WHERE lane <> ALL(${except}::text[]) ORDER BY next_attempt_at LIMIT ${limit}::int)
        FOR UPDATE SKIP LOCKED)
      RETURNING d.id, d.webhook_id AS "webhookId", CASE WHEN w.turn_id IS NULL THEN w.id ELSE w.owner_id END AS lane,
        d.session_id AS "sessionId", d.seq, d.type, d.attempts AS attempt, d.created_at AS "createdAt", w.url,
        CASE
          WHEN w.turn_id IS NULL AND w.old_secret_until > now() THEN ARRAY[w.secret, w.old_secret]
          WHEN w.turn_id IS NULL THEN ARRAY[w.secret]
          WHEN o.old_turn_secret_until > now() THEN ARRAY[o.turn_secret, o.old_turn_secret]
          ELSE ARRAY[o.turn_secret] END AS secrets`
    return Promise.all(
      rows.map(async ({ sessionId, seq, ...row }) => {
        const event = await client.event.findUnique({ where: { sessionId_seq: { sessionId, seq } } })
        return { ...row, event: event && toEvent(event) }
      }),
    )
  },
  finish: async ({ id, webhookId, attempt }, { delivered, status, error, retryInSeconds, unwanted = false }) => {
    const state = delivered ? 'delivered' : retryInSeconds === null ? 'failed' : 'pending'
    const changed = await client.$executeRaw`
      UPDATE deliveries SET status = ${state}, last_status = ${status}::int, last_error = ${error},
        next_attempt_at = now() + make_interval(secs => ${retryInSeconds}::float8)
      WHERE id = ${id} AND attempts = ${attempt}::int AND status = 'pending'`
    if (!changed) return
    const unwantedReason = 'It answered 410: it wants no more messages.'
    const failingReason = `Every attempt has failed for ${patienceDays} days.`
    await client.$executeRaw`
      UPDATE webhooks SET
        failing_since = CASE WHEN ${delivered} THEN NULL ELSE COALESCE(failing_since, now()) END,
        enabled = enabled AND NOT ${unwanted} AND
          (${delivered} OR failing_since IS NULL OR failing_since > now() - make_interval(days => ${patienceDays}::int)),
        disabled_reason = CASE
          WHEN ${unwanted} THEN ${unwantedReason}
          WHEN NOT ${delivered} AND failing_since <= now() - make_interval(days => ${patienceDays}::int) THEN ${failingReason}
          ELSE disabled_reason END
      WHERE id = ${webhookId}`
  },
  purge: () => client.$executeRaw`DELETE FROM deliveries WHERE created_at < now() - interval '30 days'`,
})
