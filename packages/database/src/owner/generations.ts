import { AtelierError, isTerminal } from '@atelier/contracts'
import type { PrismaClient } from '../generated/client.js'
import { notifyCancel } from '../log/append-events.js'
import { endGeneration } from '../log/end-generation.js'
import { lockGeneration } from '../log/lock-session.js'
import { toGeneration, withImages } from '../prisma/rows.js'
import { transaction } from '../prisma/transaction.js'
import type { GenerationRow, OwnerRepositories } from '../repositories.js'
import { reproduceGeneration, retryGeneration } from './repeat-generation.js'

async function cancel(client: PrismaClient, ownerId: string, id: string): Promise<GenerationRow | null> {
  return transaction(client, async (tx) => {
    const generation = await lockGeneration(tx, id, ownerId)
    if (!generation) return null
    if (isTerminal(generation.status)) throw new AtelierError('not_cancellable')
    if (generation.status === 'queued') {
      await endGeneration(tx, generation, { status: 'cancelled' })
    } else {
      await tx.$executeRaw`
        UPDATE generations SET cancel_requested_at = COALESCE(cancel_requested_at, now()) WHERE id = ${id}`
      await notifyCancel(tx, [id])
    }
    return toGeneration(await tx.generation.findUniqueOrThrow({ where: { id }, include: withImages }))
  })
}

/** Generations of one owner. */
export function ownedGenerations(client: PrismaClient, ownerId: string): OwnerRepositories['generations'] {
  return {
    get: async (id) => {
      const row = await client.generation.findUnique({ where: { id, ownerId }, include: withImages })
      return row && toGeneration(row)
    },
    cancel: (id) => cancel(client, ownerId, id),
    retry: (id, seed) => retryGeneration(client, id, { ownerId, seed }),
    reproduce: (id) => reproduceGeneration(client, id, ownerId),
  }
}
