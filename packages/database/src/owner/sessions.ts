import { newId } from '@atelier/contracts'
import type { PrismaClient } from '../generated/client.js'
import { page } from '../prisma/page.js'
import { toSession, toTurnRow, withGenerations } from '../prisma/rows.js'
import type { OwnerRepositories } from '../repositories.js'
import { deleteSession } from './delete-session.js'
import { latestImage } from './latest-image.js'

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
      return row && { ...toSession(row), turns: row.turns.map(toTurnRow) }
    },
    update: async (id, { title }) => {
      await client.$executeRaw`
        UPDATE sessions SET title = ${title}, updated_at = now() WHERE id = ${id} AND owner_id = ${ownerId}`
      const row = await client.session.findUnique({ where: { id, ownerId } })
      return row && toSession(row)
    },
    delete: (id) => deleteSession(client, ownerId, id),
    latestImage: (id) => latestImage(client, ownerId, id),
  }
}
