import { AtelierError } from '@atelier/contracts'
import type { ImageRow } from '@atelier/database'
import { ObjectNotFoundError, type ObjectStore } from '@atelier/objects'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Answers with a picture's file, or with 304 when the caller has it. Pictures never change, so it may be kept for
 * good.
 */
export async function sendContent(
  request: FastifyRequest,
  reply: FastifyReply,
  objects: Pick<ObjectStore, 'get'>,
  row: ImageRow,
): Promise<FastifyReply> {
  const etag = `"${row.sha256}"`
  reply.header('ETag', etag).header('Cache-Control', 'private, max-age=31536000, immutable')
  if (request.headers['if-none-match'] === etag) return reply.code(304).send()
  const body = await objects.get(row.objectKey).catch((error: unknown) => {
    if (error instanceof ObjectNotFoundError)
      throw new AtelierError('image_unreadable', undefined, undefined, { cause: error })
    throw error
  })
  return reply.type(row.contentType).send(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
}
