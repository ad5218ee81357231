import type { PrismaClient } from '../generated/client.js'
import { transaction } from '../prisma/transaction.js'
import { removeTurns } from './remove-turns.js'

/**
 * Deletes a session with its events and its turns, see {@link removeTurns}.
 *
 * @returns keys of the objects that no row names any more, null when there is no such session of this owner
 */
export function deleteSession(
  client: PrismaClient,
  ownerId: string,
  sessionId: string,
): Promise<{ objectKeys: string[] } | null> {
  return transaction(client, async (tx) => {
    const locked = await tx.$queryRaw<
      unknown[]
    >`SELECT 1 FROM sessions WHERE id = ${sessionId} AND owner_id = ${ownerId} FOR UPDATE`
    if (!locked.length) return null
    const objectKeys = await removeTurns(tx, ownerId, {
      where: { sessionId },
      leave: (turn) => turn.sessionId === sessionId,
    })
    await tx.session.delete({ where: { id: sessionId } })
    return { objectKeys }
  })
}
