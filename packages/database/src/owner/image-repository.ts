import type { OwnerLimits } from '@atelier/contracts'
import { Prisma, type PrismaClient } from '../generated/client.js'
import type { Queries } from '../prisma/create-client.js'
import { toImage, type ImageRow, type NewImage } from '../prisma/rows.js'
import { ownerTransaction } from '../prisma/transaction.js'
import { markResource, type IdempotencyUse } from './idempotency-repository.js'
import { deleteImages, inUse, lockImages } from './lock-images.js'
import { takeRoom } from './owner-limits.js'

type Hashes = Pick<NewImage, 'kind' | 'sha256' | 'sourceSha256'>

/**
 * What an image is deleted for, which is looked at again under its lock: `unsentForDays` its age since it was last sent, `unshared`
 * that nobody has sent the same since and got it for an answer.
 */
export interface ImageCondition {
  unsentForDays?: number
  unshared?: boolean
}

/** Images of one owner. */
export interface ImageRepository {
  /**
   * Stores an image. With `reuse`, one that the owner already has ({@link ImageRepository.reuse}) is answered instead;
   * that it is not the new one shows by its id. `idempotency` as of `NewTurn`.
   *
   * @throws AtelierError `limit_reached`, `storage_full`
   */
  create(image: NewImage, options?: { reuse?: boolean; idempotency?: IdempotencyUse | undefined }): Promise<ImageRow>
  /**
   * The owner's oldest image that was sent or is served as the same bytes: a mask for a mask, else an uploaded or made
   * picture. An upload is looked for by the bytes that were sent (`sourceSha256`), a mask also by what it became, anything
   * else by `sha256`. One that is being deleted at this moment is not found. What is found counts as sent now.
   */
  reuse(image: Hashes): Promise<ImageRow | null>
  /** The owner's newest image of these bytes that a turn made and that is still a turn's. */
  findMade(sha256: string): Promise<ImageRow | null>
  get(id: string): Promise<ImageRow | null>
  /** Those of the ids that are the owner's. */
  getMany(ids: string[]): Promise<ImageRow[]>
  /**
   * Deletes an image that no turn uses.
   *
   * @returns the keys of the objects that no row names any more, null when there is no such image, or the condition does not hold
   * @throws AtelierError `in_use` with `{ turnIds }` while turns use it as image or mask
   */
  delete(id: string, condition?: ImageCondition): Promise<{ objectKeys: string[] } | null>
}

/** See {@link ImageRepository.reuse}; what a transaction finds cannot be deleted until it ends. */
async function reuseEqual(
  client: Queries,
  ownerId: string,
  { kind, sha256, sourceSha256 }: Hashes,
): Promise<ImageRow | null> {
  const hashes = [sourceSha256 ?? sha256, ...(kind === 'mask' ? [sha256] : [])]
  const equal = await client.$queryRaw<{ id: string }[]>`
    UPDATE images SET sent_at = now() WHERE id = (
      SELECT id FROM images
      WHERE owner_id = ${ownerId} AND (sha256 = ANY(${hashes}) OR source_sha256 = ANY(${hashes}))
        AND (kind = 'mask') = ${kind === 'mask'}
      ORDER BY created_at, id LIMIT 1 FOR NO KEY UPDATE)
    RETURNING id`
  const row = equal[0] && (await client.image.findUnique({ where: { id: equal[0].id } }))
  return row ? toImage(row) : null
}

/** Of a row of `images`: it was not sent for so many days. */
export const unsentFor = (days: number): Prisma.Sql =>
  Prisma.sql`COALESCE(sent_at, created_at) < now() - make_interval(days => ${days}::int)`

const createImage = (
  client: PrismaClient,
  ownerId: string,
  image: NewImage,
  {
    reuse,
    limits,
    idempotency,
  }: { reuse: boolean; limits: OwnerLimits | undefined; idempotency: IdempotencyUse | undefined },
): Promise<ImageRow> =>
  ownerTransaction(client, { ownerId }, async (tx) => {
    const bound = async (row: ImageRow) => {
      if (idempotency) await markResource(tx, ownerId, { ...idempotency, resourceId: row.id })
      return row
    }
    if (reuse) {
      // equal uploads take turns: the second one finds what the first one stored
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${ownerId + image.sha256}, 0))`
      const equal = await reuseEqual(tx, ownerId, image)
      if (equal) return bound(equal)
    }
    await takeRoom(tx, ownerId, limits, { images: 1, bytes: image.bytes })
    return bound(toImage(await tx.image.create({ data: { ...image, ownerId } })))
  })

const deleteImage = (
  client: PrismaClient,
  ownerId: string,
  id: string,
  { unsentForDays, unshared }: ImageCondition,
): Promise<{ objectKeys: string[] } | null> =>
  ownerTransaction(client, { ownerId }, async (tx) => {
    const [image] = await lockImages(tx, ownerId, [id])
    if (!image) return null
    const [fit] = await tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM images WHERE id = ${id}
        ${unsentForDays === undefined ? Prisma.empty : Prisma.sql`AND ${unsentFor(unsentForDays)}`}
        ${unshared ? Prisma.sql`AND sent_at IS NULL` : Prisma.empty}`
    if (!fit) return null
    const users = new Set(image.users.map(({ turnId }) => turnId))
    if (users.size) throw inUse(id, [...users].sort())
    return { objectKeys: await deleteImages(tx, ownerId, [image]) }
  })

/** See {@link ImageRepository}. */
export const imageRepository = (client: PrismaClient, ownerId: string, limits?: OwnerLimits): ImageRepository => ({
  create: (image, { reuse = false, idempotency } = {}) =>
    createImage(client, ownerId, image, { reuse, limits, idempotency }),
  reuse: (image) => reuseEqual(client, ownerId, image),
  findMade: async (sha256) => {
    const row = await client.image.findFirst({
      where: { ownerId, sha256, kind: 'generated', generationId: { not: null } },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    })
    return row && toImage(row)
  },
  get: async (id) => {
    const row = await client.image.findUnique({ where: { id, ownerId } })
    return row && toImage(row)
  },
  getMany: async (ids) => (await client.image.findMany({ where: { id: { in: ids }, ownerId } })).map(toImage),
  delete: (id, condition = {}) => deleteImage(client, ownerId, id, condition),
})
