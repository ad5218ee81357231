import { AtelierError, isTerminal, newId, type Reproduction } from '@atelier/contracts'
import type { PrismaClient } from '../generated/client.js'
import { appendEvents } from '../log/append-events.js'
import { eventBase } from '../log/end-generation.js'
import { lockGeneration } from '../log/lock-session.js'
import { queuePosition } from '../log/queue-position.js'
import type { Queries } from '../prisma/create-client.js'
import { json } from '../prisma/json.js'
import { toGeneration, withImages, type GenerationModel } from '../prisma/rows.js'
import { transaction } from '../prisma/transaction.js'
import type { GenerationRow } from '../repositories.js'

/** Queues a new generation from another one's record: its turn, model, parameters and LCU. */
async function queueAgain(
  tx: Queries,
  old: GenerationModel,
  different: { seed?: number; reproduction?: Reproduction },
): Promise<GenerationRow> {
  const { turnId, sessionId, ownerId, model, parameters, lcu, historyDropped } = old
  const fresh = await tx.generation.create({
    data: {
      id: newId('generation'),
      ownerId,
      turnId,
      sessionId,
      model,
      seed: different.seed === undefined ? old.seed : BigInt(different.seed),
      parameters: json(parameters),
      lcu: json(lcu),
      historyDropped: json(historyDropped),
      ...(different.reproduction && { reproduction: json(different.reproduction) }),
    },
    include: withImages,
  })
  const position = await queuePosition(tx, [fresh.id])
  await appendEvents(tx, sessionId, [
    { type: 'generation-queued', payload: { ...eventBase(fresh), position, attempt: 0 } },
  ])
  return toGeneration(fresh)
}

/**
 * Queues a sibling of a generation that has ended, of the same turn, model, parameters and LCU.
 *
 * @param options - `ownerId` left out: whoever's it is; `seed` left out: the same
 * @returns null when there is none (of this owner)
 * @throws AtelierError `not_retryable` while it has not ended
 */
export const retryGeneration = (
  client: PrismaClient,
  id: string,
  { ownerId, seed }: { ownerId?: string; seed?: number } = {},
): Promise<GenerationRow | null> =>
  transaction(client, async (tx) => {
    const old = await lockGeneration(tx, id, ownerId)
    if (!old) return null
    if (!isTerminal(old.status)) throw new AtelierError('not_retryable')
    return queueAgain(tx, old, seed === undefined ? {} : { seed })
  })

/**
 * Queues a generation that repeats one from its record alone and compares the pictures.
 *
 * @returns null when there is none of this owner
 * @throws AtelierError `not_reproducible` unless it has succeeded and still has its picture
 */
export const reproduceGeneration = (client: PrismaClient, id: string, ownerId: string): Promise<GenerationRow | null> =>
  transaction(client, async (tx) => {
    const old = await lockGeneration(tx, id, ownerId)
    if (!old) return null
    if (old.status !== 'succeeded' || !old.images.length) throw new AtelierError('not_reproducible')
    const pending = { equal: null, differentPixels: null, maxDifference: null, sameDevice: null }
    return queueAgain(tx, old, { reproduction: { generationId: id, ...pending } })
  })
