import type { Queries } from '../prisma/create-client.js'
import { toEvent } from '../prisma/rows.js'
import type { OwnerRepositories } from '../repositories.js'

/** The event logs of one owner's sessions. */
export function ownedEvents(client: Queries, ownerId: string): OwnerRepositories['events'] {
  return {
    list: async (sessionId, { afterSeq, limit = 500 }) =>
      (
        await client.event.findMany({
          where: { sessionId, seq: { gt: afterSeq }, session: { ownerId } },
          orderBy: { seq: 'asc' },
          take: limit,
        })
      ).map(toEvent),
  }
}
