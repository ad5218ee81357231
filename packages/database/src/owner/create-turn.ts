import { newId } from '@atelier/contracts'
import { composeLcu } from '@atelier/conversation'
import type { PrismaClient } from '../generated/client.js'
import { appendEvents } from '../log/append-events.js'
import { eventBase } from '../log/end-generation.js'
import { lockSession } from '../log/lock-session.js'
import { queuePosition } from '../log/queue-position.js'
import type { Queries } from '../prisma/create-client.js'
import { json } from '../prisma/json.js'
import { toGeneration, toTurn, withImages, withTurnImages } from '../prisma/rows.js'
import { transaction } from '../prisma/transaction.js'
import type { GenerationRow, NewTurn, TurnRow } from '../repositories.js'
import { markResource } from './idempotency.js'
import { readHistory } from './read-history.js'
import { readParent } from './read-parent.js'

async function storeTurn(
  tx: Queries,
  ownerId: string,
  input: NewTurn,
  place: { seq: number; parentTurnId: string | null },
) {
  const { sessionId, instruction, history, images } = input
  return tx.turn.create({
    data: {
      id: newId('turn'),
      sessionId,
      ownerId,
      instruction,
      history: json(history),
      ...place,
      images: {
        createMany: {
          data: images.map(({ imageId, maskId, maskMode }, position) => ({ position, imageId, maskId, maskMode })),
        },
      },
    },
    include: withTurnImages,
  })
}

/** Positions in the queue count on from the generations that are there already. */
function turnEvents(turn: Omit<TurnRow, 'generations'>, generations: GenerationRow[], position: number) {
  return [
    { type: 'turn-created' as const, payload: { turnId: turn.id, turn, generations } },
    ...generations.map((generation, index) => ({
      type: 'generation-queued' as const,
      payload: { ...eventBase(generation), position: position + index, attempt: 0 },
    })),
  ]
}

/**
 * Creates a turn with its queued generations and their events in one transaction. What the model will see is decided
 * here, once: later turns do not change it.
 *
 * @returns null when the session is not the owner's
 * @throws AtelierError `unknown_image` when an image or mask is not the owner's, `unknown_turn` when the parent that the
 *   request names is not a turn of the session
 */
export function createTurn(client: PrismaClient, ownerId: string, input: NewTurn): Promise<TurnRow | null> {
  return transaction(client, async (tx) => {
    const { sessionId } = input
    const session = await lockSession(tx, sessionId, ownerId)
    if (!session) return null
    const parentTurnId = await readParent(tx, ownerId, input, session.activeTurnId)
    const earlier = await readHistory(tx, input, parentTurnId)
    const row = await storeTurn(tx, ownerId, input, { seq: session.lastSeq + 1, parentTurnId })
    const { instruction, images, history } = input
    const { lcu, dropped } = composeLcu(earlier, { id: row.id, parentTurnId, instruction, images }, history)
    await tx.session.update({ where: { id: sessionId }, data: { activeTurnId: row.id } })
    const ids = input.generations.map(() => newId('generation')).sort()
    await tx.generation.createMany({
      data: input.generations.map(({ seed, parameters }, index) => ({
        id: ids[index]!,
        turnId: row.id,
        sessionId,
        ownerId,
        seed: BigInt(seed),
        model: input.model,
        parameters: json(parameters),
        lcu: json(lcu),
        historyDropped: json(dropped),
      })),
    })
    const rows = await tx.generation.findMany({
      where: { turnId: row.id },
      include: withImages,
      orderBy: { id: 'asc' },
    })
    const [turn, generations] = [toTurn(row), rows.map(toGeneration)]
    await appendEvents(tx, sessionId, turnEvents(turn, generations, await queuePosition(tx, ids)))
    if (input.idempotency) await markResource(tx, ownerId, { ...input.idempotency, resourceId: turn.id })
    return { ...turn, generations }
  })
}
