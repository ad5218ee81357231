import { AtelierError, newId } from '@atelier/contracts'
import type { PrismaClient } from '../generated/client.js'
import { appendEvents } from '../log/append-events.js'
import { eventBase } from '../log/end-generation.js'
import { lockGeneration } from '../log/lock-session.js'
import { queuePosition } from '../log/queue-position.js'
import { json } from '../prisma/json.js'
import { toGeneration, withImages } from '../prisma/rows.js'
import { transaction } from '../prisma/transaction.js'
import type { GenerationRow } from '../repositories.js'

/**
 * Queues a new generation with the turn, model, seed, parameters and LCU of one that failed or was cancelled.
 *
 * @param ownerId - left out: whoever's it is
 * @returns null when there is none (of this owner)
 * @throws AtelierError `not_retryable` unless it failed or was cancelled
 */
export function retryGeneration(client: PrismaClient, id: string, ownerId?: string): Promise<GenerationRow | null> {
  return transaction(client, async (tx) => {
    const old = await lockGeneration(tx, id, ownerId)
    if (!old) return null
    if (old.status !== 'failed' && old.status !== 'cancelled') throw new AtelierError('not_retryable')
    const { turnId, sessionId, seed, model, parameters, lcu } = old
    const fresh = await tx.generation.create({
      data: {
        id: newId('generation'),
        ownerId: old.ownerId,
        turnId,
        sessionId,
        seed,
        model,
        parameters: json(parameters),
        lcu: json(lcu),
      },
      include: withImages,
    })
    const position = await queuePosition(tx, [fresh.id])
    await appendEvents(tx, sessionId, [
      { type: 'generation-queued', payload: { ...eventBase(fresh), position, attempt: 0 } },
    ])
    return toGeneration(fresh)
  })
}
