import { AtelierError, shownGenerations, type SiblingsQuery, type Turn, type TurnPageQuery } from '@atelier/contracts'
import { Prisma } from '../generated/client.js'
import type { Queries } from '../prisma/create-client.js'
import {
  toGenerationSummary,
  toTurn,
  withImages,
  withoutLcu,
  withTurnImages,
  type GenerationSummaryRow,
} from '../prisma/rows.js'

/** A turn with its newest generations and its place among its siblings. */
export interface PlacedTurnRow extends Turn {
  /** The newest {@link shownGenerations}, oldest first. */
  generations: GenerationSummaryRow[]
  generationCount: number
  siblingCount: number
  siblingIndex: number
}

/** A page of a session's turns, oldest first. */
export interface TurnPageRow {
  /** Each with the cursor of the pages before and after it. */
  turns: (PlacedTurnRow & { cursor: string })[]
  /** Whether there are turns before and after these. */
  earlier: boolean
  later: boolean
  /** The page was read from its newest turn back, so that a shorter one lacks the oldest. */
  backwards: boolean
}

/** Which turns a page has, oldest first. */
type Ids = Pick<TurnPageRow, 'earlier' | 'later' | 'backwards'> & { ids: string[] }

const foreignCursor = () =>
  new AtelierError('invalid_request', 'The cursor is not one of this list. Read its newest page again.')

/**
 * Ids from a turn up to a root, the turn itself first, at most `limit`. Each step is one look-up by primary key: the
 * planner must not join whole tables for it, hence LATERAL with OFFSET 0.
 */
async function ancestors(client: Queries, sessionId: string, from: string, limit: number): Promise<string[]> {
  const rows = await client.$queryRaw<{ id: string }[]>`
    WITH RECURSIVE path(id, parent, n) AS (
      SELECT id, parent_turn_id, 1 FROM turns WHERE id = ${from} AND session_id = ${sessionId}
      UNION ALL
      SELECT t.id, t.parent_turn_id, n + 1 FROM path
      CROSS JOIN LATERAL (SELECT id, parent_turn_id FROM turns WHERE id = path.parent OFFSET 0) t
      WHERE n < ${limit}::int
    ) SELECT id FROM path ORDER BY n`
  return rows.map(({ id }) => id)
}

/** Ids after a turn on the path that ends at `end`, oldest first, at most `limit`. */
async function descendants(client: Queries, sessionId: string, path: { end: string; after: string }, limit: number) {
  const rows = await client.$queryRaw<{ id: string }[]>`
    WITH RECURSIVE path(id, parent, n) AS (
      SELECT id, parent_turn_id, 1 FROM turns WHERE id = ${path.end} AND session_id = ${sessionId}
      UNION ALL
      SELECT t.id, t.parent_turn_id, n + 1 FROM path
      CROSS JOIN LATERAL (SELECT id, parent_turn_id FROM turns WHERE id = path.parent OFFSET 0) t
      WHERE path.id <> ${path.after}
    ) SELECT id FROM path ORDER BY n DESC LIMIT ${limit + 1}::int`
  if (rows[0]?.id !== path.after) throw foreignCursor()
  return rows.slice(1).map(({ id }) => id)
}

/** Where the path through a turn ends: from there the newest turn at each fork. */
async function endOfPath(client: Queries, sessionId: string, turnId: string): Promise<string> {
  const rows = await client.$queryRaw<{ id: string }[]>`
    WITH RECURSIVE path(id, n) AS (
      SELECT id, 1 FROM turns WHERE id = ${turnId} AND session_id = ${sessionId}
      UNION ALL
      SELECT t.id, n + 1 FROM path
      CROSS JOIN LATERAL (
        SELECT id FROM turns WHERE session_id = ${sessionId} AND parent_turn_id = path.id ORDER BY seq DESC LIMIT 1
      ) t
    ) SELECT id FROM path ORDER BY n DESC LIMIT 1`
  if (!rows[0]) throw new AtelierError('unknown_turn', undefined, { field: 'turn', turnId })
  return rows[0].id
}

type PathQuery = Pick<TurnPageQuery, 'limit' | 'turn' | 'before' | 'after'>

async function idsOfPath(
  client: Queries,
  session: { id: string; activeTurnId: string | null },
  { limit, turn, before, after }: PathQuery,
): Promise<Ids> {
  const end = async () => (turn === undefined ? session.activeTurnId : endOfPath(client, session.id, turn))
  if (after !== undefined) {
    const last = await end()
    if (last === null) throw foreignCursor()
    const ids = await descendants(client, session.id, { end: last, after }, limit + 1)
    return { ids: ids.slice(0, limit), earlier: true, later: ids.length > limit, backwards: false }
  }
  const skipped = before === undefined ? 0 : 1
  const from = before ?? (await end())
  const found = from === null ? [] : await ancestors(client, session.id, from, limit + 1 + skipped)
  if (before !== undefined && !found.length) throw foreignCursor()
  const ids = found.slice(skipped)
  return {
    ids: ids.slice(0, limit).reverse(),
    earlier: ids.length > limit,
    later: skipped > 0,
    backwards: true,
  }
}

async function idsOfAll(client: Queries, sessionId: string, { limit, before, after }: PathQuery): Promise<Ids> {
  const cursor = before ?? after
  if (cursor !== undefined && !/^\d+$/.test(cursor)) throw foreignCursor()
  const backwards = after === undefined
  const seq = cursor === undefined ? {} : backwards ? { lt: Number(cursor) } : { gt: Number(cursor) }
  const rows = await client.turn.findMany({
    where: { sessionId, seq },
    orderBy: { seq: backwards ? 'desc' : 'asc' },
    take: limit + 1,
    select: { id: true },
  })
  const ids = rows.slice(0, limit).map(({ id }) => id)
  const more = rows.length > limit
  return backwards
    ? { ids: ids.reverse(), earlier: more, later: before !== undefined, backwards }
    : { ids, earlier: true, later: more, backwards }
}

/** The newest generations of each turn, oldest first, and how many there are in all. */
async function generationsOf(client: Queries, turnIds: readonly string[]) {
  const counts = await client.$queryRaw<{ turnId: string; count: number; ids: string[] }[]>`
    SELECT given.id AS "turnId", counted.n AS count, newest.ids
    FROM unnest(${turnIds}::text[]) AS given(id)
    CROSS JOIN LATERAL (SELECT count(*)::int AS n FROM generations WHERE turn_id = given.id) counted
    CROSS JOIN LATERAL (SELECT array(
      SELECT id FROM generations WHERE turn_id = given.id ORDER BY created_at DESC, id DESC LIMIT ${shownGenerations}::int
    ) AS ids) newest`
  const rows = await client.generation.findMany({
    where: { id: { in: counts.flatMap(({ ids }) => ids) } },
    omit: withoutLcu,
    include: withImages,
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  })
  const byTurn = new Map(
    counts.map(({ turnId, count }) => [turnId, { count, generations: [] as GenerationSummaryRow[] }]),
  )
  for (const row of rows) byTurn.get(row.turnId)?.generations.push(toGenerationSummary(row))
  return byTurn
}

/**
 * How many siblings each turn has, itself included, and its position among them. Each family is counted once, and only
 * the stretch of it that is shown is numbered.
 */
async function placesOf(client: Queries, sessionId: string, turnIds: readonly string[]) {
  const count = (condition: Prisma.Sql) => Prisma.sql`CASE
    WHEN b.parent IS NULL THEN (
      SELECT count(*)::int FROM turns t WHERE session_id = ${sessionId} AND parent_turn_id IS NULL AND ${condition})
    ELSE (
      SELECT count(*)::int FROM turns t WHERE session_id = ${sessionId} AND parent_turn_id = b.parent AND ${condition})
    END`
  const places = (family: Prisma.Sql) => Prisma.sql`
    SELECT place.id, f.older + place.n - 1 AS index, f.count FROM families f
    CROSS JOIN LATERAL (
      SELECT id, (row_number() OVER (ORDER BY seq))::int AS n FROM turns t
      WHERE session_id = ${sessionId} AND ${family} AND seq BETWEEN f.first AND f.last
    ) place
    WHERE place.id IN (SELECT id FROM shown)`
  const rows = await client.$queryRaw<{ id: string; index: number; count: number }[]>`
    WITH shown AS (SELECT id, parent_turn_id, seq FROM turns WHERE id = ANY(${turnIds}::text[])),
    bounds AS (
      SELECT parent_turn_id AS parent, min(seq) AS first, max(seq) AS last FROM shown GROUP BY parent_turn_id
    ),
    -- materialized: counted once for each family, not for each of its turns
    families AS MATERIALIZED (
      SELECT b.*, ${count(Prisma.sql`true`)} AS count, ${count(Prisma.sql`seq < b.first`)} AS older FROM bounds b
    )
    ${places(Prisma.sql`t.parent_turn_id = f.parent`)} AND f.parent IS NOT NULL
    UNION ALL
    ${places(Prisma.sql`t.parent_turn_id IS NULL`)} AND f.parent IS NULL`
  return new Map(rows.map((row) => [row.id, row]))
}

/** The turns of these ids with everything that an answer shows of them, in this order; what has gone is left out. */
async function placedTurns(client: Queries, sessionId: string, ids: readonly string[]) {
  const [rows, generations, places] = await Promise.all([
    client.turn.findMany({ where: { id: { in: [...ids] }, sessionId }, include: withTurnImages }),
    generationsOf(client, ids),
    placesOf(client, sessionId, ids),
  ])
  const turns = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => {
    const row = turns.get(id)
    const place = places.get(id)
    const own = generations.get(id)
    if (!row || !place || !own) return []
    return {
      ...toTurn(row),
      generations: own.generations,
      generationCount: own.count,
      siblingCount: place.count,
      siblingIndex: place.index,
      seq: row.seq,
    }
  })
}

/**
 * A page of a session's turns. The session must be the owner's.
 *
 * @throws AtelierError `invalid_request` for a cursor of another list, `unknown_turn` for a `turn` of another session
 */
export async function turnPage(
  client: Queries,
  session: { id: string; activeTurnId: string | null },
  query: PathQuery & Partial<Pick<TurnPageQuery, 'path'>>,
): Promise<TurnPageRow> {
  const all = query.path === 'all'
  const { ids, ...page } = all ? await idsOfAll(client, session.id, query) : await idsOfPath(client, session, query)
  const rows = ids.length ? await placedTurns(client, session.id, ids) : []
  return { ...page, turns: rows.map(({ seq, ...turn }) => ({ ...turn, cursor: all ? String(seq) : turn.id })) }
}

/** One turn with its place, null when the owner has none of this id. */
export async function placedTurn(client: Queries, ownerId: string, id: string): Promise<PlacedTurnRow | null> {
  const turn = await client.turn.findUnique({ where: { id, ownerId }, select: { sessionId: true } })
  const [row] = turn ? await placedTurns(client, turn.sessionId, [id]) : []
  if (!row) return null
  const { seq: _seq, ...placed } = row
  return placed
}

/** A page of the turns with a turn's parent, oldest first; null when the owner has none of this id. */
export async function siblingPage(
  client: Queries,
  ownerId: string,
  id: string,
  { limit, cursor, from }: SiblingsQuery,
): Promise<TurnPageRow | null> {
  const turn = await client.turn.findUnique({
    where: { id, ownerId },
    select: { sessionId: true, parentTurnId: true },
  })
  if (!turn) return null
  if (cursor !== undefined && !/^\d{1,9}$/.test(cursor)) throw foreignCursor()
  const rows = await client.turn.findMany({
    where: { ...turn, ...(cursor !== undefined && { seq: { gt: Number(cursor) } }) },
    orderBy: { seq: 'asc' },
    skip: cursor === undefined ? from : 0,
    take: limit + 1,
    select: { id: true },
  })
  const ids = rows.slice(0, limit).map((row) => row.id)
  const turns = ids.length ? await placedTurns(client, turn.sessionId, ids) : []
  return {
    turns: turns.map(({ seq, ...row }) => ({ ...row, cursor: String(seq) })),
    earlier: false,
    later: rows.length > limit,
    backwards: false,
  }
}
