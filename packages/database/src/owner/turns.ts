import type { PrismaClient } from '../generated/client.js'
import { toTurnRow, withGenerations } from '../prisma/rows.js'
import type { OwnerRepositories } from '../repositories.js'
import { createTurn } from './create-turn.js'
import { deleteTurn } from './delete-turn.js'

/** Turns of one owner. */
export function ownedTurns(client: PrismaClient, ownerId: string): OwnerRepositories['turns'] {
  return {
    create: (turn) => createTurn(client, ownerId, turn),
    get: async (id) => {
      const row = await client.turn.findUnique({ where: { id, ownerId }, include: withGenerations })
      return row && toTurnRow(row)
    },
    delete: (id) => deleteTurn(client, ownerId, id),
  }
}
