import type { PrismaClient } from '../generated/client.js'
import { notifyCancel } from '../log/append-events.js'
import { transaction } from '../prisma/transaction.js'

/**
 * Deletes a session with its turns, generations, events and the images that its generations made, except those that
 * turns of other sessions use. Uploaded images belong to the owner and stay. Workers of its generations are woken; they
 * find that they have lost their claim.
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
    // locked before the look at their uses: a turn that is being created elsewhere waits, or is seen
    const made = await tx.$queryRaw<{ id: string }[]>`
      SELECT i.id FROM images i JOIN generations g ON g.id = i.generation_id
      WHERE g.session_id = ${sessionId} ORDER BY i.id FOR UPDATE OF i`
    const elsewhere = { some: { turn: { sessionId: { not: sessionId } } } }
    const gone = await tx.image.findMany({
      where: { id: { in: made.map(({ id }) => id) }, NOT: { OR: [{ usedBy: elsewhere }, { maskOf: elsewhere }] } },
    })
    const running = await tx.generation.findMany({ where: { sessionId, status: 'running' }, select: { id: true } })
    await tx.session.delete({ where: { id: sessionId } })
    await tx.image.deleteMany({ where: { id: { in: gone.map(({ id }) => id) } } })
    await notifyCancel(
      tx,
      running.map(({ id }) => id),
    )
    return { objectKeys: [...new Set(gone.flatMap((image) => [image.objectKey, image.thumbnailKey]))] }
  })
}
