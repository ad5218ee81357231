import type { Queries } from '../prisma/create-client.js'
import { toImage } from '../prisma/rows.js'
import type { ImageRow } from '../repositories.js'

/**
 * The image that a turn without images edits: of those made by the session's generations and those used by its turns
 * (masks apart) the one that came in last. Going back to an older image makes that one the latest.
 */
export async function latestImage(client: Queries, ownerId: string, sessionId: string): Promise<ImageRow | null> {
  const found = await client.$queryRaw<{ id: string }[]>`
    SELECT came.id FROM (
      SELECT i.id, i.created_at AS at, i.index AS place
      FROM generations g JOIN images i ON i.generation_id = g.id
      WHERE g.session_id = ${sessionId} AND g.owner_id = ${ownerId}
      UNION ALL
      SELECT ti.image_id, t.created_at, ti.position
      FROM turns t JOIN turn_images ti ON ti.turn_id = t.id
      WHERE t.session_id = ${sessionId} AND t.owner_id = ${ownerId}
    ) AS came ORDER BY came.at DESC, came.place, came.id LIMIT 1`
  const row = found[0] && (await client.image.findUnique({ where: { id: found[0].id, ownerId } }))
  return row ? toImage(row) : null
}
