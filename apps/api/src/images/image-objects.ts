import { AtelierError, newId, type ImageKind } from '@atelier/contracts'
import type { IdempotencyUse, ImageRow, OwnerRepositories } from '@atelier/database'
import { ObjectNotFoundError, type ObjectStore } from '@atelier/objects'
import { pictureKeys, type Picture } from '@atelier/pictures'
import { failpoint } from '@atelier/service'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Stores a picture and its thumbnail, then its row: there is no row without objects.
 *
 * @param options - `reuse`: answer with the owner's picture of the same bytes and kind, if there is one; an upload's are
 *   those that were sent; `id`: of a new one, so that the caller can tell it from one that was there
 */
export async function storeImage(
  objects: ObjectStore,
  owner: OwnerRepositories,
  kind: ImageKind,
  { body, thumbnail, ...picture }: Picture,
  {
    reuse = false,
    id = newId('image'),
    idempotency,
  }: { reuse?: boolean; id?: string; idempotency?: IdempotencyUse | undefined } = {},
): Promise<ImageRow> {
  const { contentType } = picture
  const known = reuse ? await owner.images.reuse({ kind, ...picture }) : null
  if (known) return known
  // the insert looks again; this spares the files
  await owner.limits.check({ images: 1, bytes: body.length })
  const keys = pictureKeys({ id, generationId: null, index: null, contentType })
  const discard = () => Promise.allSettled([keys.objectKey, keys.thumbnailKey].map((key) => objects.delete(key)))
  try {
    await Promise.all([
      objects.put(keys.objectKey, body, { contentType }).then(() => failpoint('upload-file-stored')),
      objects.put(keys.thumbnailKey, thumbnail, { contentType: 'image/webp' }),
    ])
    failpoint('upload-files-stored')
    const row = await owner.images.create({ id, kind, ...picture, bytes: body.length, ...keys }, { reuse, idempotency })
    // an equal upload at the same time was first
    if (row.id !== id) await discard()
    return row
  } catch (error) {
    // the commit may have succeeded although its answer was lost: then, or when nobody can tell, the files stay
    if ((await owner.images.get(id).catch(() => undefined)) === null) await discard()
    throw error
  }
}

/** Reads an object of a picture that has a row. @throws AtelierError `image_unreadable` when it is missing */
export async function readImageObject(objects: Pick<ObjectStore, 'get'>, key: string): Promise<Uint8Array> {
  return objects.get(key).catch((error: unknown) => {
    throw error instanceof ObjectNotFoundError
      ? new AtelierError('image_unreadable', undefined, undefined, { cause: error })
      : error
  })
}

/**
 * Answers with a picture's file, or with 304 when the caller has it. Pictures never change, so it may be kept for good.
 *
 * @throws AtelierError `image_unreadable`
 */
export async function sendImage(
  request: FastifyRequest,
  reply: FastifyReply,
  objects: Pick<ObjectStore, 'get'>,
  row: ImageRow,
): Promise<FastifyReply> {
  const etag = `"${row.sha256}"`
  reply.header('ETag', etag).header('Cache-Control', 'private, max-age=31536000, immutable')
  if (request.headers['if-none-match'] === etag) return reply.code(304).send()
  const body = await readImageObject(objects, row.objectKey)
  return reply.type(row.contentType).send(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
}
