import type { History, TurnImage } from '@atelier/contracts'
import { defaultHistoryLimit } from '@atelier/contracts'
import type { SessionTurn } from '@atelier/conversation'
import { Prisma } from '../generated/client.js'
import type { Statements } from '../prisma/statements.js'

// What the rules of `@atelier/conversation` need to know of a session for one new turn, whatever its size. Each function
// gives a part of the session's turns from which a rule comes to the same result as from all of them. The session must be
// locked.

/** How far a new turn looks for its default image and its history, in turns. */
export const furthestTurn = 1000

/** The turns of these ids, oldest first, without what they made. */
async function readTurns(tx: Statements, sessionId: string, ids: readonly string[]): Promise<SessionTurn[]> {
  if (!ids.length) return []
  const rows = await tx.$queryRaw<Omit<SessionTurn, 'made'>[]>`
    SELECT t.id, t.parent_turn_id AS "parentTurnId", t.instruction, COALESCE((
      SELECT jsonb_agg(jsonb_build_object('imageId', i.image_id, 'maskId', i.mask_id, 'maskMode', i.mask_mode)
        ORDER BY i.position)
      FROM turn_images i WHERE i.turn_id = t.id
    ), '[]') AS images
    FROM turns t WHERE t.id = ANY(${ids}::text[]) AND t.session_id = ${sessionId} ORDER BY t.seq`
  return rows.map((row) => ({ ...row, made: [] }))
}

/**
 * The turn and its ancestors, until `enough` of them `count`; at most {@link furthestTurn}; none if none counts. Each step is one look-up by
 * primary key: the planner must not join whole tables for it, hence LATERAL with OFFSET 0.
 *
 * @param counts - condition on the turn `t`
 */
async function climb(
  tx: Statements,
  sessionId: string,
  from: string,
  { counts, enough }: { counts: Prisma.Sql; enough: number },
): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string; found: number }[]>`
    WITH RECURSIVE path(id, parent, n, found) AS (
      SELECT t.id, t.parent_turn_id, 1, (${counts})::int FROM turns t WHERE t.id = ${from} AND t.session_id = ${sessionId}
      UNION ALL
      SELECT t.id, t.parent_turn_id, n + 1, found + t.counts FROM path
      CROSS JOIN LATERAL (
        SELECT t.id, t.parent_turn_id, (${counts})::int AS counts FROM turns t WHERE t.id = path.parent OFFSET 0
      ) t
      WHERE n < ${furthestTurn}::int AND found < ${enough}::int
    ) SELECT id, found FROM path ORDER BY n`
  return rows.at(-1)?.found ? rows.map(({ id }) => id) : []
}

const hasImages = Prisma.sql`EXISTS (SELECT 1 FROM turn_images i WHERE i.turn_id = t.id)`
const madeImage = Prisma.sql`EXISTS (
  SELECT 1 FROM generations g JOIN images i ON i.generation_id = g.id WHERE g.turn_id = t.id AND g.reproduction IS NULL)`

/** For `resolveImages`: the turn that is followed and its ancestors, up to the first that has an image or made one. */
export async function turnsForDefaultImage(
  tx: Statements,
  sessionId: string,
  followed: string,
): Promise<SessionTurn[]> {
  const ids = await climb(tx, sessionId, followed, { counts: Prisma.sql`${hasImages} OR ${madeImage}`, enough: 1 })
  const turns = await readTurns(tx, sessionId, ids)
  const last = ids.at(-1)
  if (last === undefined) return []
  const made = await tx.$queryRaw<{ imageId: string }[]>`
    SELECT i.id AS "imageId" FROM generations g JOIN images i ON i.generation_id = g.id
    WHERE g.turn_id = ${last} AND g.reproduction IS NULL ORDER BY i.created_at DESC, i.index, i.id LIMIT 1`
  return turns.map((turn) =>
    turn.id === last ? { ...turn, made: made.map((image) => ({ ...image, reproduction: false })) } : turn,
  )
}

/** For `resolveParent`: the turn that the request names, the one that made the first image, the first that used it. */
export async function turnsForParent(
  tx: Statements,
  sessionId: string,
  parentTurnId: string | null | undefined,
  [first]: readonly TurnImage[],
): Promise<SessionTurn[]> {
  if (parentTurnId === null) return []
  if (parentTurnId !== undefined) return readTurns(tx, sessionId, [parentTurnId])
  if (!first) return []
  const { imageId } = first
  const maker = await tx.$queryRaw<{ id: string }[]>`
    SELECT g.turn_id AS id FROM images i JOIN generations g ON g.id = i.generation_id
    WHERE i.id = ${imageId} AND g.session_id = ${sessionId}`
  if (maker[0]) {
    const made = [{ imageId, reproduction: false }]
    return (await readTurns(tx, sessionId, [maker[0].id])).map((turn) => ({ ...turn, made }))
  }
  const [user] = await tx.$queryRaw<{ id: string }[]>`
    SELECT t.id FROM turns t JOIN turn_images i ON i.turn_id = t.id
    WHERE t.session_id = ${sessionId} AND i.image_id = ${imageId} ORDER BY t.seq LIMIT 1`
  return user ? readTurns(tx, sessionId, [user.id]) : []
}

/** For `composeLcu`: as many of the turns before the new one as its history can have. */
export async function turnsForHistory(
  tx: Statements,
  sessionId: string,
  parentTurnId: string | null,
  { mode, limit = defaultHistoryLimit }: History,
): Promise<SessionTurn[]> {
  if (mode === 'none' || limit === 0) return []
  if (mode === 'lineage') {
    if (parentTurnId === null) return []
    return readTurns(tx, sessionId, await climb(tx, sessionId, parentTurnId, { counts: hasImages, enough: limit }))
  }
  const newest = await tx.$queryRaw<{ id: string }[]>`
    SELECT t.id FROM (
      SELECT id, seq FROM turns WHERE session_id = ${sessionId} ORDER BY seq DESC LIMIT ${furthestTurn}::int
    ) t WHERE ${hasImages} ORDER BY t.seq DESC LIMIT ${limit}::int`
  return readTurns(
    tx,
    sessionId,
    newest.map(({ id }) => id),
  )
}
