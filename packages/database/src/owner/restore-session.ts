import {
  AtelierError,
  type ArchivedGeneration,
  type ArchivedTurn,
  type OwnerLimits,
  type Session,
} from '@atelier/contracts'
import type { PrismaClient } from '../generated/client.js'
import { appendEvents, eventBase, type NewEvent } from '../log/event-log.js'
import type { Queries } from '../prisma/create-client.js'
import {
  json,
  summaryOf,
  toSession,
  toTurnRow,
  withGenerations,
  type GenerationRow,
  type ImageRow,
  type NewImage,
  type TurnRow,
} from '../prisma/rows.js'
import { ownerTransaction } from '../prisma/transaction.js'
import { markResource, type IdempotencyUse } from './idempotency-repository.js'
import { keepAllImages } from './lock-images.js'
import { takeRoom, type Needs } from './owner-limits.js'

/** An image with its place in the session and its time. */
export type RestoredImage = NewImage & Pick<ImageRow, 'generationId' | 'index' | 'createdAt'>

/** A session to be made from what another one was, all ids new. */
export interface RestoredSession {
  /** Times left out: now. */
  session: Pick<Session, 'id' | 'title' | 'activeTurnId'> & Partial<Pick<Session, 'createdAt' | 'updatedAt'>>
  /** Oldest first, a parent before its children. */
  turns: ArchivedTurn[]
  /** Ended ones of these turns. */
  generations: ArchivedGeneration[]
  /** New images; what the turns use besides must be the owner's. */
  images: RestoredImage[]
  /** As `NewTurn.idempotency`, bound to the session. */
  idempotency?: IdempotencyUse
}

/** Rows of one statement: each is prepared in one go, and the event loop waits meanwhile. */
const partSize = 25
/** How long the largest import may take, in milliseconds. It locks nothing that others use but its pictures. */
const timeoutMs = 60_000

function* parts<T>(rows: readonly T[]): Generator<T[]> {
  for (let at = 0; at < rows.length; at += partSize) yield rows.slice(at, at + partSize)
}

const dateOrNull = (time: string | null): Date | null => (time === null ? null : new Date(time))

/** The turns with the numbers that their events will have. */
function turnsData(ownerId: string, { session, turns, generations }: RestoredSession) {
  const endings = new Map<string, number>()
  for (const { turnId } of generations) endings.set(turnId, (endings.get(turnId) ?? 0) + 1)
  let seq = 1
  return turns.map(({ id, parentTurnId, instruction, history, createdAt }) => {
    const own = seq
    seq += 1 + (endings.get(id) ?? 0)
    const what = { id, parentTurnId, instruction, history: json(history), createdAt: new Date(createdAt) }
    return { ...what, sessionId: session.id, ownerId, seq: own }
  })
}

const generationsData = (ownerId: string, sessionId: string, generations: readonly ArchivedGeneration[]) =>
  generations.map(({ parameters, lcu, historyDropped, timings, error, reproduction, ...plain }) => ({
    ...plain,
    ownerId,
    sessionId,
    seed: BigInt(plain.seed),
    parameters: json(parameters),
    lcu: json(lcu),
    historyDropped: json(historyDropped),
    timings: json(timings),
    ...(error && { error: json(error) }),
    ...(reproduction && { reproduction: json(reproduction) }),
    createdAt: new Date(plain.createdAt),
    queuedAt: new Date(plain.createdAt),
    startedAt: dateOrNull(plain.startedAt),
    finishedAt: dateOrNull(plain.finishedAt),
  }))

const turnImagesData = ({ turns }: RestoredSession) =>
  turns.flatMap(({ id: turnId, images }) =>
    images.map(({ imageId, maskId, maskMode }, position) => ({ turnId, position, imageId, maskId, maskMode })),
  )

function endingOf(generation: GenerationRow): NewEvent {
  const { status, images, error } = generation
  const result = status === 'succeeded' ? { images } : status === 'failed' ? { error } : {}
  return { type: `generation-${status}` as NewEvent['type'], payload: { ...eventBase(generation), ...result } }
}

const eventsOf = (rows: readonly TurnRow[]): NewEvent[] =>
  rows.flatMap(({ generations, ...turn }) => [
    { type: 'turn-created', payload: { turnId: turn.id, turn, generations: generations.map(summaryOf) } },
    ...generations.map(endingOf),
  ])

/** Nothing may hang on rows of another session. @throws AtelierError `unknown_turn` */
function checkClosed({ session, turns, generations, images }: RestoredSession): void {
  const known = new Set<string | null>([null, ...turns.map(({ id }) => id), ...generations.map(({ id }) => id)])
  const named = [
    session.activeTurnId,
    ...turns.map(({ parentTurnId }) => parentTurnId),
    ...generations.map(({ turnId }) => turnId),
    ...images.map(({ generationId }) => generationId),
  ]
  if (!named.every((id) => known.has(id))) throw new AtelierError('unknown_turn')
}

/** What a restored session needs of its owner's limits. */
export const needsOf = ({
  session,
  turns,
  images,
}: Pick<RestoredSession, 'turns' | 'images'> & { session: { id: string } }): Needs => ({
  sessions: 1,
  turns: { sessionId: session.id, count: turns.length },
  images: images.length,
  bytes: images.reduce((sum, { bytes }) => sum + bytes, 0),
})

async function storeRows(
  tx: Queries,
  ownerId: string,
  restored: RestoredSession,
  limits: OwnerLimits | undefined,
): Promise<void> {
  const { session, turns, images } = restored
  const { id, title, createdAt } = session
  const fresh = new Set(images.map((image) => image.id))
  const kept = turns
    .flatMap((turn) => turn.images.flatMap(({ imageId, maskId }) => [imageId, maskId ?? imageId]))
    .filter((imageId) => !fresh.has(imageId))
  await keepAllImages(
    tx,
    ownerId,
    kept.map((imageId) => ({ imageId, maskId: null, maskMode: 'keep' })),
  )
  await takeRoom(tx, ownerId, limits, needsOf(restored))
  await tx.session.create({ data: { id, ownerId, title, ...(createdAt && { createdAt: new Date(createdAt) }) } })
  for (const data of parts(turnsData(ownerId, restored))) await tx.turn.createMany({ data })
  for (const some of parts(restored.generations))
    await tx.generation.createMany({ data: generationsData(ownerId, id, some) })
  for (const some of parts(images)) {
    await tx.image.createMany({
      data: some.map((image) => ({ ...image, ownerId, createdAt: new Date(image.createdAt) })),
    })
  }
  for (const data of parts(turnImagesData(restored))) await tx.turnImage.createMany({ data })
}

/** Writes the log that the session would have, a part of the turns at a time. */
async function storeEvents(tx: Queries, { session, turns }: RestoredSession): Promise<void> {
  for (const some of parts(turns)) {
    const rows = await tx.turn.findMany({
      where: { id: { in: some.map(({ id }) => id) } },
      include: withGenerations,
      orderBy: { seq: 'asc' },
    })
    await appendEvents(tx, session.id, eventsOf(rows.map(toTurnRow)), { quiet: true })
  }
}

/** See `SessionRepository.restore`. */
export function restoreSession(
  client: PrismaClient,
  ownerId: string,
  restored: RestoredSession,
  limits?: OwnerLimits,
): Promise<Session> {
  return ownerTransaction(
    client,
    { ownerId },
    async (tx) => {
      checkClosed(restored)
      const { id, activeTurnId, updatedAt } = restored.session
      await storeRows(tx, ownerId, restored, limits)
      await storeEvents(tx, restored)
      // after the log, whose writing counts as a change
      const place = { activeTurnId, ...(updatedAt && { updatedAt: new Date(updatedAt) }) }
      const session = toSession(await tx.session.update({ where: { id }, data: place }))
      if (restored.idempotency) await markResource(tx, ownerId, { ...restored.idempotency, resourceId: id })
      return session
    },
    timeoutMs,
  )
}
