import { AtelierError, type TurnImage } from '@atelier/contracts'
import type { KnownImage } from '@atelier/conversation'
import { Prisma } from '../generated/client.js'
import type { Queries } from '../prisma/create-client.js'
import type { Statements } from '../prisma/statements.js'

/** The ids of images and their masks. */
const idsOf = (images: readonly TurnImage[]): string[] => [
  ...new Set(images.flatMap(({ imageId, maskId }) => (maskId === null ? [imageId] : [imageId, maskId]))),
]

/**
 * Keeps images and masks that a new turn uses from being deleted until the transaction ends.
 *
 * @param lock - false: only reads them
 * @returns those that are the owner's, by id
 */
export async function keepImages(
  tx: Statements,
  ownerId: string,
  images: readonly TurnImage[],
  { lock = true }: { lock?: boolean } = {},
): Promise<Map<string, KnownImage>> {
  if (images.length === 0) return new Map()
  const rows = await tx.$queryRaw<KnownImage[]>`
    SELECT id, kind::text AS kind, width, height FROM images
    WHERE id = ANY(${idsOf(images)}::text[]) AND owner_id = ${ownerId} ORDER BY id
    ${lock ? Prisma.sql`FOR KEY SHARE` : Prisma.empty}`
  return new Map(rows.map((row) => [row.id, row]))
}

/** {@link keepImages} for images that must all be there. @throws AtelierError `unknown_image` for those that are not */
export async function keepAllImages(
  tx: Statements,
  ownerId: string,
  images: readonly TurnImage[],
  options: { lock?: boolean } = {},
): Promise<Map<string, KnownImage>> {
  const known = await keepImages(tx, ownerId, images, options)
  const unknown = idsOf(images).filter((id) => !known.has(id))
  if (unknown.length) throw new AtelierError('unknown_image', undefined, { images: unknown })
  return known
}

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
  const users = new Map<string, Place[]>(rows.map(({ id }) => [id, []]))
  for (const { imageId, ...place } of uses) users.get(imageId)!.push(place)
  return rows.map(({ id, sha256, objectKey, thumbnailKey, generation }) => ({
    id,
    sha256,
    objectKey,
    thumbnailKey,
    maker: generation,
    users: users.get(id)!,
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

/** How many turns the message of {@link inUse} names, and how many its `details` list. */
const namedTurns = 5
const listedTurns = 100

/** The refusal to delete what turns need: `details` have the first 100. */
export function inUse(id: string, turnIds: readonly string[]): AtelierError {
  const more = turnIds.length - namedTurns
  const turns = turnIds.slice(0, namedTurns).join(', ') + (more > 0 ? ` and ${more} more` : '')
  return new AtelierError('in_use', `${id} is still needed by ${turns}.`, {
    turnIds: turnIds.slice(0, listedTurns),
  })
}
