import type { LogEventName } from '@atelier/contracts'
import type { Queries } from '../prisma/create-client.js'

/** Channel of Postgres's NOTIFY: new rows in the event log of the session it names. */
export const eventsChannel = 'atelier_events'
/** Channel of Postgres's NOTIFY: a cancellation is wished for the generation it names. */
export const cancelChannel = 'atelier_cancel'

/** An event to be written; its payload's `sessionId` is added. */
export interface NewEvent {
  type: LogEventName
  payload: Record<string, unknown>
}

/**
 * Writes events to a session's log in the caller's transaction, with the next numbers, and wakes listeners when it
 * commits. The update of the session row makes concurrent writers take turns, so numbers have no gaps.
 */
export async function appendEvents(tx: Queries, sessionId: string, events: readonly NewEvent[]): Promise<void> {
  const rows = JSON.stringify(events.map(({ type, payload }) => ({ type, payload: { sessionId, ...payload } })))
  await tx.$executeRaw`
    WITH session AS (
      UPDATE sessions SET last_seq = last_seq + ${events.length}::int, updated_at = now()
      WHERE id = ${sessionId} RETURNING last_seq
    ), written AS (
      INSERT INTO events (session_id, seq, type, payload)
      SELECT ${sessionId}, session.last_seq - ${events.length}::int + item.position,
        item.value->>'type', item.value->'payload'
      FROM session, jsonb_array_elements(${rows}::jsonb) WITH ORDINALITY AS item(value, position)
    )
    SELECT pg_notify(${eventsChannel}, ${sessionId}) FROM session`
}

/** Wakes workers when the caller's transaction commits: these generations are to be stopped. */
export async function notifyCancel(tx: Queries, generationIds: readonly string[]): Promise<void> {
  await tx.$executeRaw`SELECT pg_notify(${cancelChannel}, id) FROM unnest(${generationIds}::text[]) AS id`
}
