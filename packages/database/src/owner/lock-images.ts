import type { Queries } from '../prisma/create-client.js'

/** A turn, and the session it is in. */
export interface Place {
  turnId: string
  sessionId: string
}

/** An image that no turn can begin to use until the transaction ends. */
export interface LockedImage {
  id: string
  sha256: string
  objectKey: string
  thumbnailKey: string
  /** The turn that made it, as long as that exists. */
  maker: Place | null
  /** The turns that use it as image or mask. */
  users: Place[]
}

/**
 * Locks those of the images that are the owner's, in order of id: a turn that is being created elsewhere waits, or is
 * among the users. The sessions of the turns to be removed must be locked before.
 */
export async function lockImages(tx: Queries, ownerId: string, ids: readonly string[]): Promise<LockedImage[]> {
  const locked = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM images WHERE id = ANY(${ids}::text[]) AND owner_id = ${ownerId} ORDER BY id FOR UPDATE`
  const rows = await tx.image.findMany({
    where: { id: { in: locked.map(({ id }) => id) } },
    include: { generation: { select: { turnId: true, sessionId: true } } },
    orderBy: { id: 'asc' },
  })
  const uses = await tx.$queryRaw<(Place & { imageId: string })[]>`
    SELECT used.image_id AS "imageId", used.turn_id AS "turnId", t.session_id AS "sessionId"
    FROM (SELECT turn_id, image_id FROM turn_images UNION SELECT turn_id, mask_id FROM turn_images) AS used
    JOIN turns t ON t.id = used.turn_id
    WHERE used.image_id = ANY(${locked.map(({ id }) => id)}::text[])`
  return rows.map(({ id, sha256, objectKey, thumbnailKey, generation }) => ({
    id,
    sha256,
    objectKey,
    thumbnailKey,
    maker: generation,
    users: uses.filter(({ imageId }) => imageId === id),
  }))
}

/**
 * Deletes the rows of locked images.
 *
 * @returns keys of the objects that no row of the owner names any more
 */
export async function deleteImages(tx: Queries, ownerId: string, images: readonly LockedImage[]): Promise<string[]> {
  await tx.image.deleteMany({ where: { id: { in: images.map(({ id }) => id) } } })
  const same = await tx.image.findMany({
    where: { ownerId, sha256: { in: images.map(({ sha256 }) => sha256) } },
    select: { objectKey: true, thumbnailKey: true },
  })
  const keysOf = (rows: readonly Pick<LockedImage, 'objectKey' | 'thumbnailKey'>[]) =>
    rows.flatMap(({ objectKey, thumbnailKey }) => [objectKey, thumbnailKey])
  const kept = new Set(keysOf(same))
  return [...new Set(keysOf(images))].filter((key) => !kept.has(key))
}
