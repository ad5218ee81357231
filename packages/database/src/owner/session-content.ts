import { Prisma, type PrismaClient } from '../generated/client.js'
import type { Turn, Session } from '@atelier/contracts'
import type { Queries } from '../prisma/create-client.js'
import { toGeneration, toImage, toSession, toTurn, withImages, withTurnImages } from '../prisma/rows.js'
import type { GenerationRow, ImageRow } from '../prisma/rows.js'

/** What a session holds that can be copied, by id only: a reader takes the rows in batches of its own size. */
export interface SessionOutline {
  session: Session
  /** Oldest first. */
  turnIds: string[]
  /** Those that have ended, turn by turn, oldest first. */
  generationIds: string[]
  /** Those that the turns used or these generations made, in order of first appearance. */
  images: { id: string; made: boolean }[]
}

/** The rows behind a {@link SessionOutline}. They never change; those that were deleted meanwhile are left out. */
export interface SessionContentRepository {
  /** A consistent view of the whole session, or of some of its turns; null when there is no such session. */
  outline(sessionId: string, turnIds?: readonly string[]): Promise<SessionOutline | null>
  /**
   * The turns of a fork, oldest first: the path from a root to the turn, and the paths to all that those turns' ended
   * generations saw, so that no record in the fork shows what is not there. At most `limit`.
   */
  forkedTurns(sessionId: string, turnId: string, limit: number): Promise<string[]>
  /** In the order of the ids, like the next two. */
  turns(ids: readonly string[]): Promise<Turn[]>
  generations(ids: readonly string[]): Promise<GenerationRow[]>
  images(ids: readonly string[]): Promise<ImageRow[]>
}

const ended = Prisma.sql`('succeeded', 'failed', 'cancelled')`

async function readOutline(
  tx: Queries,
  ownerId: string,
  sessionId: string,
  only?: readonly string[],
): Promise<SessionOutline | null> {
  const session = await tx.session.findUnique({ where: { id: sessionId, ownerId } })
  if (!session) return null
  const chosen = only
    ? Prisma.sql`t.session_id = ${sessionId} AND t.id = ANY(${[...only]}::text[])`
    : Prisma.sql`t.session_id = ${sessionId}`
  const turns = await tx.$queryRaw<{ id: string }[]>`SELECT t.id FROM turns t WHERE ${chosen} ORDER BY t.seq`
  const generations = await tx.$queryRaw<{ id: string }[]>`
    SELECT g.id FROM turns t JOIN generations g ON g.turn_id = t.id
    WHERE ${chosen} AND g.status IN ${ended} ORDER BY t.seq, g.created_at, g.id`
  const images = await tx.$queryRaw<{ id: string; made: boolean }[]>`
    SELECT id, bool_or(made) AS made FROM (
      SELECT id, made, row_number() OVER (ORDER BY seq, made, created_at, generation, place) AS n FROM (
        SELECT t.seq, false AS made, NULL::timestamptz AS created_at, NULL AS generation,
          2 * u.position + used.second AS place, used.id
        FROM turns t JOIN turn_images u ON u.turn_id = t.id
        CROSS JOIN LATERAL (VALUES (0, u.image_id), (1, u.mask_id)) AS used(second, id)
        WHERE ${chosen} AND used.id IS NOT NULL
        UNION ALL
        SELECT t.seq, true, g.created_at, g.id, i.index, i.id
        FROM turns t JOIN generations g ON g.turn_id = t.id JOIN images i ON i.generation_id = g.id
        WHERE ${chosen} AND g.status IN ${ended}
      ) AS every
    ) AS numbered GROUP BY id ORDER BY min(n)`
  const idsOf = (rows: readonly { id: string }[]) => rows.map(({ id }) => id)
  return { session: toSession(session), turnIds: idsOf(turns), generationIds: idsOf(generations), images }
}

async function forkedTurns(client: Queries, ownerId: string, sessionId: string, turnId: string, limit: number) {
  const rows = await client.$queryRaw<{ id: string }[]>`
    WITH RECURSIVE kept(id) AS (
      SELECT t.id FROM turns t WHERE t.id = ${turnId} AND t.session_id = ${sessionId} AND t.owner_id = ${ownerId}
      UNION
      SELECT next.id FROM kept CROSS JOIN LATERAL (
        SELECT parent_turn_id AS id FROM turns WHERE id = kept.id AND parent_turn_id IS NOT NULL
        UNION ALL
        SELECT unit->>'turnId' FROM generations g CROSS JOIN LATERAL jsonb_array_elements(g.lcu) AS unit
        WHERE g.turn_id = kept.id AND g.status IN ${ended}
        OFFSET 0
      ) next
    ) SELECT t.id FROM kept JOIN turns t ON t.id = kept.id WHERE t.session_id = ${sessionId}
    ORDER BY t.seq LIMIT ${limit}::int`
  return rows.map(({ id }) => id)
}

/** Rows in the order of the ids. */
function inOrder<T extends { id: string }>(ids: readonly string[], rows: readonly T[]): T[] {
  const known = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => known.get(id) ?? [])
}

/** See {@link SessionContentRepository}. */
export const sessionContentRepository = (client: PrismaClient, ownerId: string): SessionContentRepository => ({
  outline: (sessionId, turnIds) =>
    client.$transaction((tx) => readOutline(tx as unknown as Queries, ownerId, sessionId, turnIds), {
      isolationLevel: 'RepeatableRead',
      maxWait: 10_000,
      timeout: 15_000,
    }),
  forkedTurns: (sessionId, turnId, limit) => forkedTurns(client, ownerId, sessionId, turnId, limit),
  turns: async (ids) => {
    const rows = await client.turn.findMany({ where: { id: { in: [...ids] }, ownerId }, include: withTurnImages })
    return inOrder(ids, rows.map(toTurn))
  },
  generations: async (ids) => {
    const rows = await client.generation.findMany({ where: { id: { in: [...ids] }, ownerId }, include: withImages })
    return inOrder(ids, rows.map(toGeneration))
  },
  images: async (ids) => {
    const rows = await client.image.findMany({ where: { id: { in: [...ids] }, ownerId } })
    return inOrder(ids, rows.map(toImage))
  },
})
