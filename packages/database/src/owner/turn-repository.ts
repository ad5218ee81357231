import {
  newId,
  type CreateTurn,
  type Lcu,
  type OwnerLimits,
  type Parameters,
  type SiblingsQuery,
  type TurnPageQuery,
} from '@atelier/contracts'
import { composeLcu, maxCount } from '@atelier/conversation'
import type { Generation, PrismaClient } from '../generated/client.js'
import { appendEvents, queuedEvents } from '../log/event-log.js'
import { takeTags } from '../queue/fair-share.js'
import { kindOf } from '../queue/generation-time.js'
import { lockSession } from '../log/lock-session.js'
import type { Queries } from '../prisma/create-client.js'
import { generationColumns, toGeneration, summaryOf, toTurnRow, withGenerations, type TurnRow } from '../prisma/rows.js'
import { inTurn, type Statements } from '../prisma/statements.js'
import { ownerSqlTransaction, ownerTransaction } from '../prisma/transaction.js'
import { askedBy } from './asked-by.js'
import { markResource, type IdempotencyUse } from './idempotency-repository.js'
import { limitsRepository, takeRoom } from './owner-limits.js'
import { inUse } from './lock-images.js'
import { planOnly, planTurn, type PlannedTurn, type TurnPlan } from './plan-turn.js'
import { removeTurns } from './remove-turns.js'
import { storeTurnWebhook } from './webhook-repository.js'
import { placedTurn, siblingPage, turnPage, type PlacedTurnRow, type TurnPageRow } from './turn-pages.js'

/** A turn to create. */
export interface NewTurn extends PlannedTurn, Partial<Pick<CreateTurn, 'priority' | 'webhook'>> {
  sessionId: string
  model: string
  /** One generation each, with its seed and parameters. */
  generations: { seed: number; parameters: Parameters }[]
  /** What the model can read of the texts that it is shown; may refuse. Default: all. */
  readable?: (lcu: Lcu) => Lcu
  /**
   * The Idempotency-Key that this request has claimed with `idempotency.begin`: it is bound to the turn in the turn's own
   * transaction, so that a process that dies before `finish` cannot make a repeat create a second turn.
   */
  idempotency?: IdempotencyUse
}

/** Turns of one owner. */
export interface TurnRepository {
  /**
   * One transaction: turn, generations (`queued`), events `turn-created` and `generation-queued`; the turn becomes the
   * session's active one. Under the lock of the session the rules of `@atelier/conversation` decide its condition images,
   * its parent, and what the model will see; later turns change none of it.
   *
   * @returns null when there is no such session
   * @throws AtelierError of `resolveImages`, `checkAspect` or `resolveParent`; `unknown_image` when the image that it would
   *   edit by default is deleted at this moment; `idempotency_conflict`; `queue_full`, `limit_reached`, `storage_full`
   */
  insert(turn: NewTurn): Promise<TurnRow | null>
  /**
   * What {@link insert} would decide now, without writing or locking anything.
   *
   * @returns null when there is no such session
   * @throws AtelierError of `resolveImages`, `checkAspect` or `resolveParent`
   */
  plan(turn: PlannedTurn): Promise<TurnPlan | null>
  get(id: string): Promise<PlacedTurnRow | null>
  /** The turn as it was when it was created: with the generations of that moment, and all that they saw. */
  getCreated(id: string): Promise<TurnRow | null>
  /**
   * A page of the turns of a session. What a query without `before` and `after` answers first is the newest page.
   *
   * @returns null when there is no such session
   * @throws AtelierError `invalid_request` for a cursor of another list, `unknown_turn` for the `turn` of another session
   */
  page(sessionId: string, query: TurnPageQuery): Promise<TurnPageRow | null>
  /** The turns with a turn's parent, itself among them, oldest first; null when there is no such turn. */
  siblings(id: string, query: SiblingsQuery): Promise<TurnPageRow | null>
  /**
   * Deletes the turn with its generations, whatever their status, and the images and masks that they made or that it
   * uses; those stay that other turns use or have made. The session goes back to the turn's parent if it stood here, else
   * to the newest turn that is left. Event `turn-deleted`.
   *
   * @returns the keys of the objects that no row names any more, null when there is no such turn
   * @throws AtelierError `in_use` with `{ turnIds }` while turns follow it or their generations were shown it
   */
  delete(id: string): Promise<{ objectKeys: string[] } | null>
}

/** What was decided of a turn. */
interface StoredPlan extends Pick<TurnPlan, 'images' | 'parentTurnId' | 'size'> {
  id: string
  /** Of its generations, in order. */
  ids: readonly string[]
  tags: readonly number[]
  seq: number
  lcu: Lcu
  dropped: string[]
}

/** Stores a turn with its images and generations as the session's active one; all in one statement, because each turn runs it. */
async function storeTurn(
  tx: Statements,
  ownerId: string,
  { sessionId, instruction, history, model, generations, priority = 'interactive' }: NewTurn,
  { id, ids, tags, seq, parentTurnId, images, lcu, dropped, size }: StoredPlan,
): Promise<TurnRow> {
  const { requestId, traceParent } = askedBy()
  const fresh = generations.map(({ seed, parameters }, index) => {
    const whole = { ...parameters, ...size }
    return { id: ids[index]!, seed, parameters: whole, queueTag: tags[index]!, kind: kindOf(model, whole, lcu) }
  })
  const rows = await tx.$queryRaw<Generation[]>`
    WITH stored AS (
      INSERT INTO turns (id, session_id, owner_id, seq, parent_turn_id, instruction, history)
      VALUES (${id}, ${sessionId}, ${ownerId}, ${seq}::int, ${parentTurnId}, ${instruction}, ${JSON.stringify(history)}::jsonb)
    ), shown AS (
      INSERT INTO turn_images (turn_id, position, image_id, mask_id, mask_mode)
      SELECT ${id}, position - 1, item->>'imageId', item->>'maskId', (item->>'maskMode')::mask_mode
      FROM jsonb_array_elements(${JSON.stringify(images)}::jsonb) WITH ORDINALITY AS list(item, position)
    ), active AS (
      UPDATE sessions SET active_turn_id = ${id} WHERE id = ${sessionId}
    )
    INSERT INTO generations (id, turn_id, session_id, owner_id, seed, model, parameters, lcu, history_dropped, priority,
      request_id, trace_parent, queue_tag, kind)
    SELECT item->>'id', ${id}, ${sessionId}, ${ownerId}, (item->>'seed')::bigint, ${model}, item->'parameters',
      ${JSON.stringify(lcu)}::jsonb, ${JSON.stringify(dropped)}::jsonb, ${priority}::priority, ${requestId}, ${traceParent},
      (item->>'queueTag')::int, item->>'kind'
    FROM jsonb_array_elements(${JSON.stringify(fresh)}::jsonb) AS item
    RETURNING ${generationColumns}`
  return {
    id,
    sessionId,
    parentTurnId,
    instruction,
    images,
    history,
    createdAt: rows[0]!.createdAt.toISOString(),
    generations: rows.map((row) => toGeneration({ ...row, images: [] })).sort((a, b) => (a.id < b.id ? -1 : 1)),
  }
}

/** What a turn needs of its owner's limits: each generation will make an image, of at least a byte. */
const needsOf = ({ sessionId, generations: { length } }: NewTurn) => ({
  turns: { sessionId, count: 1 },
  waiting: length,
  images: length,
  bytes: length,
})

const insertTurn = (
  client: PrismaClient,
  ownerId: string,
  input: NewTurn,
  limits: OwnerLimits | undefined,
): Promise<TurnRow | null> =>
  ownerSqlTransaction(client, { ownerId, sessionId: input.sessionId }, async (tx) => {
    const { sessionId, instruction, history, idempotency, webhook } = input
    const locked = await lockSession(tx, sessionId, ownerId)
    if (!locked) return null
    const plan = await planTurn(tx, ownerId, input, { activeTurnId: locked.activeTurnId, lock: true })
    const { images, parentTurnId, earlier, size } = plan
    const [, tags] = await inTurn(
      tx,
      () => takeRoom(tx, ownerId, limits, needsOf(input)),
      () => takeTags(tx, ownerId, input.priority ?? 'interactive', input.generations.length),
    )
    const id = newId('turn')
    const { lcu, dropped } = composeLcu(earlier, { id, parentTurnId, instruction, images }, history)
    const readable = input.readable ? input.readable(lcu) : lcu
    const ids = input.generations.map(() => newId('generation')).sort()
    const seq = locked.lastSeq + 1
    const whole = { id, ids, tags, seq, parentTurnId, images, lcu: readable, dropped, size }
    const [stored, queued] = await inTurn(
      tx,
      () => storeTurn(tx, ownerId, input, whole),
      () =>
        queuedEvents(
          tx,
          ids.map((generation) => ({ id: generation, turnId: id })),
        ),
    )
    const { generations, ...turn } = stored
    // before the events, which are told to it
    if (webhook) await storeTurnWebhook(tx, ownerId, id, webhook)
    const created = { turnId: id, turn, generations: generations.map(summaryOf) }
    await inTurn(
      tx,
      () => appendEvents(tx, sessionId, [{ type: 'turn-created', payload: created }, ...queued]),
      async () => idempotency && markResource(tx, ownerId, { ...idempotency, resourceId: id }),
    )
    return stored
  })

/** The turns that follow a turn, or whose generations were shown it; in order of id. */
async function dependents(tx: Queries, sessionId: string, id: string): Promise<string[]> {
  const shown = JSON.stringify([{ turnId: id }])
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM turns WHERE parent_turn_id = ${id}
    UNION
    SELECT turn_id FROM generations WHERE session_id = ${sessionId} AND turn_id <> ${id} AND lcu @> ${shown}::jsonb
    ORDER BY 1`
  return rows.map((row) => row.id)
}

/** Where the session stands without its active turn: at that one's parent, else at the newest turn that is left. */
async function stepBack(tx: Queries, sessionId: string, turn: { id: string; parentTurnId: string | null }) {
  const others = { where: { sessionId, id: { not: turn.id } }, orderBy: { seq: 'desc' as const }, select: { id: true } }
  const activeTurnId = turn.parentTurnId ?? (await tx.turn.findFirst(others))?.id ?? null
  await tx.session.update({ where: { id: sessionId }, data: { activeTurnId } })
}

const deleteTurn = (client: PrismaClient, ownerId: string, id: string): Promise<{ objectKeys: string[] } | null> =>
  ownerTransaction(client, { ownerId }, async (tx) => {
    const place = await tx.turn.findUnique({ where: { id, ownerId }, select: { sessionId: true } })
    const session = place && (await lockSession(tx, place.sessionId, ownerId))
    // read again under the lock: it may have gone meanwhile
    const turn = session && (await tx.turn.findUnique({ where: { id }, select: { id: true, parentTurnId: true } }))
    if (!turn) return null
    const { sessionId } = place
    const needing = await dependents(tx, sessionId, id)
    if (needing.length) throw inUse(id, needing)
    if (session.activeTurnId === id) await stepBack(tx, sessionId, turn)
    const objectKeys = await removeTurns(tx, ownerId, { where: { id }, leave: ({ turnId }) => turnId === id })
    await appendEvents(tx, sessionId, [{ type: 'turn-deleted', payload: { turnId: id } }])
    return { objectKeys }
  })

/** See {@link TurnRepository}. */
export const turnRepository = (client: PrismaClient, ownerId: string, limits?: OwnerLimits): TurnRepository => ({
  insert: async (turn) => {
    // looked at again under the lock; a flood beyond the limit need not queue up for it
    await limitsRepository(client, ownerId, limits).check({ waiting: turn.generations.length })
    return insertTurn(client, ownerId, turn, limits)
  },
  plan: (turn) => planOnly(client, ownerId, turn),
  get: (id) => placedTurn(client, ownerId, id),
  getCreated: async (id) => {
    const include = { ...withGenerations, generations: { ...withGenerations.generations, take: maxCount } }
    const row = await client.turn.findUnique({ where: { id, ownerId }, include })
    if (!row) return null
    const first = row.generations.filter(({ createdAt }) => createdAt.getTime() === row.createdAt.getTime())
    return toTurnRow({ ...row, generations: first })
  },
  page: async (sessionId, query) => {
    const session = await client.session.findUnique({
      where: { id: sessionId, ownerId },
      select: { id: true, activeTurnId: true },
    })
    return session && turnPage(client, session, query)
  },
  siblings: (id, query) => siblingPage(client, ownerId, id, query),
  delete: (id) => deleteTurn(client, ownerId, id),
})
