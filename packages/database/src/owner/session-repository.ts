import {
  AtelierError,
  newId,
  type OwnerLimits,
  type Page,
  type Session,
  type SessionListQuery,
  type UpdateSession,
} from '@atelier/contracts'
import { Prisma, type PrismaClient } from '../generated/client.js'
import { lockSession, refuseHeld } from '../log/lock-session.js'
import { page } from '../prisma/page.js'
import { toImage, toSession, type ImageRow } from '../prisma/rows.js'
import { ownerTransaction } from '../prisma/transaction.js'
import { markResource, type IdempotencyUse } from './idempotency-repository.js'
import { takeRoom } from './owner-limits.js'
import { removeTurns } from './remove-turns.js'
import { restoreSession, type RestoredSession } from './restore-session.js'
import { turnPage, type TurnPageRow } from './turn-pages.js'

/** `query`: default all sessions. `order`: default `created`. */
type ListQuery = Omit<SessionListQuery, 'order'> & Partial<Pick<SessionListQuery, 'order'>>

/** A session with a page of its turns. */
export interface SessionPageRow {
  session: Session
  page: TurnPageRow
}

/** A session with the newest picture that was made in it, null without one. */
export interface ListedSessionRow {
  session: Session
  image: ImageRow | null
}

/** Sessions of one owner. */
export interface SessionRepository {
  /** `idempotency` as of `NewTurn`. @throws AtelierError `limit_reached` */
  create(input: { title?: string; idempotency?: IdempotencyUse | undefined }): Promise<Session>
  /** A page of the sessions, of those with `query` in the title if there is one. */
  list(query: ListQuery): Promise<Page<ListedSessionRow>>
  get(id: string): Promise<Session | null>
  /**
   * The session with the newest turns of the path to its active turn, or of the path through `turn`.
   * @throws AtelierError `unknown_turn` for a `turn` of another session
   */
  getWithTurns(id: string, query: { limit: number; turn?: string | undefined }): Promise<SessionPageRow | null>
  /** Renames it, or moves it to another of its turns. @throws AtelierError `unknown_turn`, `session_on_hold` */
  update(id: string, input: UpdateSession): Promise<Session | null>
  /**
   * Deletes the session, its turns, generations and events, and the images and masks that were made in it or that its
   * turns use; those stay that turns of other sessions use or have made.
   *
   * @param condition - `unchangedForDays`: only if it has not changed for so long and nothing of it waits or runs, which is looked
   *   at again under its lock
   * @returns the keys of the objects that no row names any more, null when there is no such session
   * @throws AtelierError `session_on_hold`
   */
  delete(id: string, condition?: { unchangedForDays?: number }): Promise<{ objectKeys: string[] } | null>
  /**
   * Makes a whole session in one transaction, with the times that it had. Its event log begins anew: for each turn
   * `turn-created`, then how each of its generations ended.
   *
   * @throws AtelierError `unknown_image` when a turn uses an image that is neither new nor the owner's, `unknown_turn`
   *   when something names a turn or generation that is not among the new ones, `limit_reached`, `storage_full`
   */
  restore(session: RestoredSession): Promise<Session>
}

/** The newest picture of each session that has one. */
async function newestImages(client: PrismaClient, sessionIds: readonly string[]): Promise<Map<string, ImageRow>> {
  const places = await client.$queryRaw<{ sessionId: string; imageId: string }[]>`
    SELECT s.id AS "sessionId", newest.id AS "imageId" FROM unnest(${sessionIds}::text[]) AS s(id)
    CROSS JOIN LATERAL (
      SELECT i.id FROM generations g JOIN images i ON i.generation_id = g.id
      WHERE g.session_id = s.id AND g.status = 'succeeded'
      ORDER BY g.created_at DESC, g.id DESC, i.index DESC LIMIT 1
    ) newest`
  const rows = await client.image.findMany({ where: { id: { in: places.map(({ imageId }) => imageId) } } })
  const images = new Map(rows.map((row) => [row.id, toImage(row)]))
  return new Map(places.flatMap(({ sessionId, imageId }) => [[sessionId, images.get(imageId)!]]))
}

async function listSessions(
  client: PrismaClient,
  ownerId: string,
  { query, order = 'created', ...place }: ListQuery,
): Promise<Page<ListedSessionRow>> {
  // Prisma takes the text for a pattern of LIKE
  const contains = query?.replace(/[\\%_]/g, '\\$&')
  const only = { ownerId, ...(contains !== undefined && { title: { contains, mode: 'insensitive' as const } }) }
  const { data, nextCursor } =
    order === 'activity'
      ? await page(
          place,
          ({ where, ...rest }) => client.session.findMany({ where: { ...where, ...only }, ...rest }),
          toSession,
          'updatedAt',
        )
      : await page(
          place,
          ({ where, ...rest }) => client.session.findMany({ where: { ...where, ...only }, ...rest }),
          toSession,
        )
  const images = await newestImages(
    client,
    data.map(({ id }) => id),
  )
  return { data: data.map((session) => ({ session, image: images.get(session.id) ?? null })), nextCursor }
}

const updateSession = (client: PrismaClient, ownerId: string, id: string, { title, activeTurnId }: UpdateSession) =>
  ownerTransaction(client, { ownerId, sessionId: id }, async (tx) => {
    if (!(await lockSession(tx, id, ownerId))) return null
    if (activeTurnId !== undefined && !(await tx.turn.count({ where: { id: activeTurnId, sessionId: id } })))
      throw new AtelierError('unknown_turn', undefined, { field: 'activeTurnId', turnId: activeTurnId })
    await tx.$executeRaw`
      UPDATE sessions SET title = COALESCE(${title ?? null}, title), updated_at = now(),
        active_turn_id = COALESCE(${activeTurnId ?? null}, active_turn_id) WHERE id = ${id}`
    return toSession(await tx.session.findUniqueOrThrow({ where: { id } }))
  })

/** Of a row of `sessions`: it has not changed for so many days, and none of its generations waits or runs. */
export const unchangedFor = (days: number): Prisma.Sql => Prisma.sql`
  updated_at < now() - make_interval(days => ${days}::int)
  AND NOT EXISTS (SELECT 1 FROM generations WHERE session_id = sessions.id AND status IN ('queued', 'running'))`

/** Longest deletion, in milliseconds: a slow machine needs more than 15 s for ten thousand turns; clients wait for 60 s. */
const deletionMs = 45_000

const deleteSession = (client: PrismaClient, ownerId: string, sessionId: string, unchangedForDays?: number) =>
  ownerTransaction(
    client,
    { ownerId, sessionId },
    async (tx) => {
      const [locked] = await tx.$queryRaw<{ heldAt: Date | null }[]>`
        SELECT held_at AS "heldAt" FROM sessions WHERE id = ${sessionId} AND owner_id = ${ownerId} FOR UPDATE`
      if (!locked) return null
      refuseHeld(locked)
      if (unchangedForDays !== undefined) {
        // a statement of its own: one that has waited for the lock sees generations as they were before
        const [fit] = await tx.$queryRaw<{ id: string }[]>`
          SELECT id FROM sessions WHERE id = ${sessionId} AND ${unchangedFor(unchangedForDays)}`
        if (!fit) return null
      }
      const objectKeys = await removeTurns(tx, ownerId, {
        where: { sessionId },
        leave: (turn) => turn.sessionId === sessionId,
      })
      await tx.session.delete({ where: { id: sessionId } })
      return { objectKeys }
    },
    deletionMs,
  )

/** See {@link SessionRepository}. */
export const sessionRepository = (client: PrismaClient, ownerId: string, limits?: OwnerLimits): SessionRepository => ({
  create: ({ title, idempotency }) =>
    ownerTransaction(client, { ownerId }, async (tx) => {
      await takeRoom(tx, ownerId, limits, { sessions: 1 })
      const row = await tx.session.create({ data: { id: newId('session'), ownerId, title: title ?? null } })
      if (idempotency) await markResource(tx, ownerId, { ...idempotency, resourceId: row.id })
      return toSession(row)
    }),
  list: (query) => listSessions(client, ownerId, query),
  get: async (id) => {
    const row = await client.session.findUnique({ where: { id, ownerId } })
    return row && toSession(row)
  },
  getWithTurns: async (id, query) => {
    const row = await client.session.findUnique({ where: { id, ownerId } })
    return row && { session: toSession(row), page: await turnPage(client, row, query) }
  },
  update: (id, input) => updateSession(client, ownerId, id, input),
  delete: (id, { unchangedForDays } = {}) => deleteSession(client, ownerId, id, unchangedForDays),
  restore: (session) => restoreSession(client, ownerId, session, limits),
})
