import type { Queries } from '../prisma/create-client.js'
import { toImage } from '../prisma/rows.js'
import type { ImageRow } from '../repositories.js'

/**
 * The image that a turn without images edits: the newest one made by the turn that it follows (what only repeats another
 * generation apart), else that turn's first condition image, else the same of that turn's parent, and so on.
 *
 * @param parentTurnId - the turn it follows; null: none; undefined: the session's active turn
 */
export async function latestImage(
  client: Queries,
  ownerId: string,
  sessionId: string,
  parentTurnId?: string | null,
): Promise<ImageRow | null> {
  if (parentTurnId === null) return null
  const found = await client.$queryRaw<{ id: string }[]>`
    WITH RECURSIVE path AS (
      SELECT t.id, t.parent_turn_id, 0 AS depth FROM turns t JOIN sessions s ON s.id = t.session_id
      WHERE t.id = COALESCE(${parentTurnId ?? null}, s.active_turn_id) AND s.id = ${sessionId} AND s.owner_id = ${ownerId}
      UNION ALL
      SELECT t.id, t.parent_turn_id, path.depth + 1 FROM turns t JOIN path ON t.id = path.parent_turn_id
    )
    SELECT came.id FROM path CROSS JOIN LATERAL (
      (SELECT i.id, 0 AS place FROM generations g JOIN images i ON i.generation_id = g.id
       WHERE g.turn_id = path.id AND g.reproduction IS NULL ORDER BY i.created_at DESC, i.index, i.id LIMIT 1)
      UNION ALL
      (SELECT ti.image_id, 1 FROM turn_images ti WHERE ti.turn_id = path.id AND ti.position = 0)
    ) AS came ORDER BY path.depth, came.place LIMIT 1`
  const row = found[0] && (await client.image.findUnique({ where: { id: found[0].id, ownerId } }))
  return row ? toImage(row) : null
}
