import { AtelierError, newId } from '@atelier/contracts'
import { lineage, withSiblings } from '@atelier/conversation'
import type { PrismaClient } from '../generated/client.js'
import { lockSession } from '../log/lock-session.js'
import { page } from '../prisma/page.js'
import { toSession, toTurnRow, withGenerations } from '../prisma/rows.js'
import { transaction } from '../prisma/transaction.js'
import type { OwnerRepositories } from '../repositories.js'
import { deleteSession } from './delete-session.js'
import { latestImage } from './latest-image.js'
import { restoreSession } from './restore-session.js'

/** Sessions of one owner. */
export function ownedSessions(client: PrismaClient, ownerId: string): OwnerRepositories['sessions'] {
  return {
    create: async ({ title }) =>
      toSession(await client.session.create({ data: { id: newId('session'), ownerId, title: title ?? null } })),
    list: (query) =>
      page(
        query,
        ({ where, ...rest }) => client.session.findMany({ where: { ...where, ownerId }, ...rest }),
        toSession,
      ),
    get: async (id) => {
      const row = await client.session.findUnique({ where: { id, ownerId } })
      return row && toSession(row)
    },
    getWithTurns: async (id) => {
      const row = await client.session.findUnique({
        where: { id, ownerId },
        include: { turns: { include: withGenerations, orderBy: { seq: 'asc' } } },
      })
      if (!row) return null
      const turns = row.turns.map(toTurnRow)
      const activePath = lineage(turns, row.activeTurnId).map(({ id }) => id)
      return { ...toSession(row), turns: withSiblings(turns), activePath }
    },
    update: (id, { title, activeTurnId }) =>
      transaction(client, async (tx) => {
        if (!(await lockSession(tx, id, ownerId))) return null
        if (activeTurnId !== undefined && !(await tx.turn.count({ where: { id: activeTurnId, sessionId: id } })))
          throw new AtelierError('unknown_turn', undefined, { field: 'activeTurnId', turnId: activeTurnId })
        await tx.$executeRaw`
          UPDATE sessions SET title = COALESCE(${title ?? null}, title), updated_at = now(),
            active_turn_id = COALESCE(${activeTurnId ?? null}, active_turn_id) WHERE id = ${id}`
        return toSession(await tx.session.findUniqueOrThrow({ where: { id } }))
      }),
    delete: (id) => deleteSession(client, ownerId, id),
    latestImage: (id, parentTurnId) => latestImage(client, ownerId, id, parentTurnId),
    restore: (session) => restoreSession(client, ownerId, session),
  }
}
