import { AtelierError } from '@atelier/contracts'
import { Prisma } from '../generated/client.js'
import { generationColumns, type LockedGeneration } from '../prisma/rows.js'
import { inTurn, type Statements } from '../prisma/statements.js'

const ownedBy = (ownerId: string | undefined) =>
  ownerId === undefined ? Prisma.empty : Prisma.sql`AND s.owner_id = ${ownerId}`

/** @throws AtelierError `session_on_hold` when an operator has put the session on hold */
export function refuseHeld({ heldAt }: { heldAt: Date | null }): void {
  if (heldAt) throw new AtelierError('session_on_hold')
}

/**
 * Takes the lock of a session until the transaction ends. First statement of every transaction in which its owner changes it.
 *
 * @returns the number of its newest event and its active turn, null when there is no such session of this owner
 * @throws AtelierError `session_on_hold`
 */
export async function lockSession(
  tx: Statements,
  sessionId: string,
  ownerId: string,
): Promise<{ lastSeq: number; activeTurnId: string | null } | null> {
  const rows = await tx.$queryRaw<{ lastSeq: number; activeTurnId: string | null; heldAt: Date | null }[]>`
    SELECT s.last_seq AS "lastSeq", s.active_turn_id AS "activeTurnId", s.held_at AS "heldAt" FROM sessions s
    WHERE s.id = ${sessionId} ${ownedBy(ownerId)} FOR NO KEY UPDATE`
  if (!rows[0]) return null
  const { heldAt, ...session } = rows[0]
  refuseHeld({ heldAt })
  return session
}

/**
 * Takes the lock of a generation's session and reads the generation as it is under that lock.
 *
 * @param ownerId - left out: whoever's it is
 */
export async function lockGeneration(tx: Statements, id: string, ownerId?: string): Promise<LockedGeneration | null> {
  // two statements: one that has waited for the lock sees other tables as they were before
  const [locked, rows] = await inTurn(
    tx,
    () => tx.$queryRaw<{ id: string }[]>`
      SELECT s.id FROM sessions s JOIN generations g ON g.session_id = s.id WHERE g.id = ${id} ${ownedBy(ownerId)}
      FOR NO KEY UPDATE OF s`,
    () => tx.$queryRaw<LockedGeneration[]>`SELECT ${generationColumns} FROM generations WHERE id = ${id}`,
  )
  return (locked.length && rows[0]) || null
}
