import {
  AtelierError,
  isTerminal,
  newId,
  type Lcu,
  type OwnerLimits,
  type Page,
  type PageQuery,
  type Parameters,
  type QueuePlace,
  type Reproduction,
} from '@atelier/contracts'
import type { PrismaClient } from '../generated/client.js'
import { endGeneration } from '../log/end-generation.js'
import { appendEvents, notifyCancel, queuedEvents } from '../log/event-log.js'
import { lockGeneration, refuseHeld } from '../log/lock-session.js'
import type { Queries } from '../prisma/create-client.js'
import { page, type PageArguments } from '../prisma/page.js'
import {
  json,
  toGeneration,
  toGenerationSummary,
  withImages,
  withoutLcu,
  type GenerationRow,
  type GenerationSummaryRow,
  type LockedGeneration,
} from '../prisma/rows.js'
import { ownerTransaction } from '../prisma/transaction.js'
import { takeTags } from '../queue/fair-share.js'
import { kindOf } from '../queue/generation-time.js'
import { queuePlace } from '../queue/queue-place.js'
import { askedBy } from './asked-by.js'
import { markResource, type IdempotencyUse } from './idempotency-repository.js'
import { takeRoom } from './owner-limits.js'

/** Generations of one owner. */
export interface GenerationRepository {
  get(id: string): Promise<GenerationRow | null>
  /** The generations of a turn, newest first; null when there is no such turn. */
  ofTurn(turnId: string, query: PageQuery): Promise<Page<GenerationSummaryRow> | null>
  /** Those of a session that run, at most 100. */
  running(sessionId: string): Promise<GenerationSummaryRow[]>
  /** Where it stands in the queue; null when there is none. */
  place(id: string): Promise<QueuePlace | null>
  /**
   * Queued: becomes `cancelled` at once, with its event. Running: the request is recorded and its worker is woken.
   *
   * @returns the row after, null when there is none
   * @throws AtelierError `not_cancellable` when it has ended
   */
  cancel(id: string): Promise<GenerationRow | null>
  /**
   * Queues a sibling of a generation that has ended: same turn, model, parameters and LCU, another seed. `idempotency` as of
   * `NewTurn`.
   * @throws AtelierError `not_retryable` while it has not ended; `queue_full`, `limit_reached`, `storage_full`
   */
  retry(id: string, seed: number, idempotency?: IdempotencyUse): Promise<GenerationRow | null>
  /**
   * Queues a generation that repeats this one from its record alone (same LCU, parameters and seed) and compares the
   * pictures.
   * @throws AtelierError `not_reproducible` unless it has succeeded and still has its picture; `queue_full`,
   *   `limit_reached`, `storage_full`
   */
  reproduce(id: string, idempotency?: IdempotencyUse): Promise<GenerationRow | null>
}

async function cancel(client: PrismaClient, ownerId: string, id: string): Promise<GenerationRow | null> {
  return ownerTransaction(client, { ownerId }, async (tx) => {
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

/** The use of a key that belongs to an owner, who may be an operator. */
type Bound = IdempotencyUse & { ownerId: string }

/** Queues a new generation from another one's record: its turn, model, parameters and LCU. The session must be locked. */
export async function queueAgain(
  tx: Queries,
  old: LockedGeneration,
  different: { seed?: number; reproduction?: Reproduction; retryOf?: string },
  { limits, idempotency }: { limits?: OwnerLimits | undefined; idempotency?: Bound | undefined },
): Promise<GenerationRow> {
  const { turnId, sessionId, ownerId, model, parameters, lcu, historyDropped, priority } = old
  refuseHeld(await tx.session.findUniqueOrThrow({ where: { id: sessionId }, select: { heldAt: true } }))
  await takeRoom(tx, ownerId, limits, { waiting: 1, images: 1, bytes: 1 })
  const [queueTag] = await takeTags(tx, ownerId, priority, 1)
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
      priority,
      ...askedBy(),
      queueTag: queueTag!,
      kind: kindOf(model, parameters as unknown as Parameters, lcu as unknown as Lcu),
      ...(different.retryOf !== undefined && { retryOf: different.retryOf }),
      ...(different.reproduction && { reproduction: json(different.reproduction) }),
    },
    include: withImages,
  })
  await appendEvents(tx, sessionId, await queuedEvents(tx, [fresh]))
  if (idempotency) await markResource(tx, idempotency.ownerId, { ...idempotency, resourceId: fresh.id })
  return toGeneration(fresh)
}

/**
 * See {@link GenerationRepository.retry}.
 *
 * @param options - `ownerId` left out: whoever's it is; `seed` left out: the same
 */
export const retryGeneration = (
  client: PrismaClient,
  id: string,
  {
    ownerId,
    seed,
    ...options
  }: { ownerId?: string; seed?: number; limits?: OwnerLimits | undefined; idempotency?: Bound | undefined } = {},
): Promise<GenerationRow | null> =>
  ownerTransaction(client, { ownerId }, async (tx) => {
    const old = await lockGeneration(tx, id, ownerId)
    if (!old) return null
    if (!isTerminal(old.status)) throw new AtelierError('not_retryable')
    return queueAgain(tx, old, { retryOf: id, ...(seed !== undefined && { seed }) }, options)
  })

const reproduceGeneration = (
  client: PrismaClient,
  id: string,
  ownerId: string,
  options: { limits: OwnerLimits | undefined; idempotency: Bound | undefined },
): Promise<GenerationRow | null> =>
  ownerTransaction(client, { ownerId }, async (tx) => {
    const old = await lockGeneration(tx, id, ownerId)
    if (!old) return null
    const pictures = old.status === 'succeeded' ? await tx.image.count({ where: { generationId: id } }) : 0
    if (!pictures) throw new AtelierError('not_reproducible')
    const pending = { equal: null, differentPixels: null, maxDifference: null, sameDevice: null }
    return queueAgain(tx, old, { reproduction: { generationId: id, ...pending } }, options)
  })

/** See {@link GenerationRepository}. */
export const generationRepository = (
  client: PrismaClient,
  ownerId: string,
  limits?: OwnerLimits,
): GenerationRepository => ({
  get: async (id) => {
    const row = await client.generation.findUnique({ where: { id, ownerId }, include: withImages })
    return row && toGeneration(row)
  },
  ofTurn: async (turnId, query) => {
    if (!(await client.turn.count({ where: { id: turnId, ownerId } }))) return null
    const find = ({ where, ...rest }: PageArguments) =>
      client.generation.findMany({
        where: { ...where, turnId, ownerId },
        omit: withoutLcu,
        include: withImages,
        ...rest,
      })
    return page(query, find, toGenerationSummary)
  },
  running: async (sessionId) => {
    const where = { sessionId, ownerId, status: 'running' as const }
    const rows = await client.generation.findMany({ where, omit: withoutLcu, include: withImages, take: 100 })
    return rows.map(toGenerationSummary)
  },
  place: async (id) => ((await client.generation.count({ where: { id, ownerId } })) ? queuePlace(client, id) : null),
  cancel: (id) => cancel(client, ownerId, id),
  retry: (id, seed, use) =>
    retryGeneration(client, id, { ownerId, seed, limits, idempotency: use && { ...use, ownerId } }),
  reproduce: (id, use) => reproduceGeneration(client, id, ownerId, { limits, idempotency: use && { ...use, ownerId } }),
})
