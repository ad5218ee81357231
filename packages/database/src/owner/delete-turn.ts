import type { PrismaClient } from '../generated/client.js'
import { appendEvents } from '../log/append-events.js'
import { lockSession } from '../log/lock-session.js'
import type { Queries } from '../prisma/create-client.js'
import { transaction } from '../prisma/transaction.js'
import { inUse } from './in-use.js'
import { removeTurns } from './remove-turns.js'

/** The turns that follow a turn, or whose generations were shown it; in order of id. */
async function dependents(tx: Queries, sessionId: string, id: string): Promise<string[]> {
  const shown = JSON.stringify([{ turnId: id }])
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM turns WHERE parent_turn_id = ${id}
    UNION
    SELECT turn_id FROM generations WHERE session_id = ${sessionId} AND turn_id <> ${id} AND lcu @> ${shown}::jsonb
    ORDER BY 1`
  return rows.map((row) => row.id)
}

/** Where the session stands without its active turn: at that one's parent, else at the newest turn that is left. */
async function stepBack(tx: Queries, sessionId: string, turn: { id: string; parentTurnId: string | null }) {
  const others = { where: { sessionId, id: { not: turn.id } }, orderBy: { seq: 'desc' as const }, select: { id: true } }
  const activeTurnId = turn.parentTurnId ?? (await tx.turn.findFirst(others))?.id ?? null
  await tx.session.update({ where: { id: sessionId }, data: { activeTurnId } })
}

/**
 * Deletes a turn on which no other one depends, with the event `turn-deleted`, see {@link removeTurns}.
 *
 * @returns keys of the objects that no row names any more, null when there is no such turn of this owner
 * @throws AtelierError `in_use`
 */
export function deleteTurn(
  client: PrismaClient,
  ownerId: string,
  id: string,
): Promise<{ objectKeys: string[] } | null> {
  return transaction(client, async (tx) => {
    const place = await tx.turn.findUnique({ where: { id, ownerId }, select: { sessionId: true } })
    const session = place && (await lockSession(tx, place.sessionId, ownerId))
    // read again under the lock: it may have gone meanwhile
    const turn = session && (await tx.turn.findUnique({ where: { id }, select: { id: true, parentTurnId: true } }))
    if (!turn) return null
    const { sessionId } = place
    const needing = await dependents(tx, sessionId, id)
    if (needing.length) throw inUse(id, needing)
    if (session.activeTurnId === id) await stepBack(tx, sessionId, turn)
    const objectKeys = await removeTurns(tx, ownerId, { where: { id }, leave: ({ turnId }) => turnId === id })
    await appendEvents(tx, sessionId, [{ type: 'turn-deleted', payload: { turnId: id } }])
    return { objectKeys }
  })
}
