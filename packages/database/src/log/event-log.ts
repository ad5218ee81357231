import type { LogEventName } from '@atelier/contracts'
import type { Event } from '../generated/client.js'
import { queuePlace } from '../queue/queue-place.js'
import { eventColumns, toEvent, type LogEventRow } from '../prisma/rows.js'
import type { Statements } from '../prisma/statements.js'

/** Channel of Postgres's NOTIFY: new rows in the event log of the session it names. */
export const eventsChannel = 'atelier_events'
/** Channel of Postgres's NOTIFY: the generation it names is to be cancelled. */
export const cancelChannel = 'atelier_cancel'

/** An event to be written; its payload's `sessionId` is added. */
export interface NewEvent {
  type: LogEventName
  payload: Record<string, unknown>
}

/** Fields that every event of a generation has. */
export const eventBase = ({ id, turnId }: { id: string; turnId: string }) => ({ turnId, generationId: id })

/**
 * The events `generation-queued` of generations that the caller's transaction has just queued, with their places in the
 * queue of all owners.
 *
 * @param attempt - starts that came before
 */
export async function queuedEvents(
  tx: Statements,
  generations: readonly { id: string; turnId: string }[],
  attempt = 0,
): Promise<NewEvent[]> {
  const events: NewEvent[] = []
  for (const generation of generations) {
    const place = await queuePlace(tx, generation.id)
    events.push({ type: 'generation-queued', payload: { ...eventBase(generation), ...place, attempt } })
  }
  return events
}

/**
 * Writes events to a session's log in the caller's transaction, with the next numbers, and wakes listeners when it
 * commits. The update of the session row makes concurrent writers take turns, so numbers have no gaps. What the
 * webhooks of the owner and of the turns are to be told is written with them, so none is forgotten and none told of what did not happen.
 *
 * @param quiet - tell no webhooks: the events are of the past
 */
export async function appendEvents(
  tx: Statements,
  sessionId: string,
  events: readonly NewEvent[],
  { quiet = false }: { quiet?: boolean } = {},
): Promise<void> {
  const rows = JSON.stringify(events.map(({ type, payload }) => ({ type, payload: { sessionId, ...payload } })))
  await tx.$executeRaw`
    WITH session AS (
      UPDATE sessions SET last_seq = last_seq + ${events.length}::int, updated_at = now()
      WHERE id = ${sessionId} RETURNING last_seq, owner_id
    ), written AS (
      INSERT INTO events (session_id, seq, type, payload)
      SELECT ${sessionId}, session.last_seq - ${events.length}::int + item.position,
        item.value->>'type', item.value->'payload'
      FROM session, jsonb_array_elements(${rows}::jsonb) WITH ORDINALITY AS item(value, position)
      RETURNING seq, replace(type, '-', '.') AS type, payload->>'turnId' AS turn_id
    ), hooks AS (
      SELECT w.id, w.events, w.turn_id FROM session JOIN webhooks w USING (owner_id) WHERE w.turn_id IS NULL AND w.enabled
      UNION ALL
      SELECT w.id, w.events, w.turn_id FROM webhooks w
      WHERE w.turn_id IN (SELECT turn_id FROM written) AND w.enabled
    ), told AS (
      INSERT INTO deliveries (id, webhook_id, session_id, seq, type)
      SELECT 'msg_' || left(replace(gen_random_uuid()::text, '-', ''), 16), hooks.id, ${sessionId}, written.seq, written.type
      FROM hooks JOIN written ON written.type = ANY(hooks.events) 
        AND (hooks.turn_id IS NULL OR hooks.turn_id = written.turn_id)
      WHERE NOT ${quiet}::boolean
    )
    SELECT pg_notify(${eventsChannel}, ${sessionId}) FROM session`
}

/** Wakes the workers of these generations when the caller's transaction commits, so that they stop. */
export async function notifyCancel(tx: Statements, generationIds: readonly string[]): Promise<void> {
  await tx.$executeRaw`SELECT pg_notify(${cancelChannel}, id) FROM unnest(${generationIds}::text[]) AS id`
}

/** Numbers of the newest events of sessions, whoever's they are, by session id; those that are gone are missing. */
export async function lastSeqs(client: Statements, sessionIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await client.$queryRaw<{ id: string; lastSeq: number }[]>`
    SELECT id, last_seq AS "lastSeq" FROM sessions WHERE id = ANY(${sessionIds}::text[])`
  return new Map(rows.map(({ id, lastSeq }) => [id, lastSeq]))
}

/** The event logs of one owner's sessions. */
export interface EventRepository {
  /** Events with `seq > afterSeq`, in order, at most `limit` (default 500). */
  list(sessionId: string, query: { afterSeq: number; limit?: number }): Promise<LogEventRow[]>
}

/** See {@link EventRepository}. */
export const eventRepository = (client: Statements, ownerId: string): EventRepository => ({
  list: async (sessionId, { afterSeq, limit = 500 }) => {
    const rows = await client.$queryRaw<Event[]>`
      SELECT ${eventColumns} FROM events
      WHERE session_id = ${sessionId} AND seq > ${afterSeq}::int
        AND EXISTS (SELECT 1 FROM sessions s WHERE s.id = ${sessionId} AND s.owner_id = ${ownerId})
      ORDER BY seq LIMIT ${limit}::int`
    return rows.map(toEvent)
  },
})
