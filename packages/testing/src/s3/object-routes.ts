import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Bucket } from './bucket.js'
import { readBody } from './request-body.js'
import { S3Error } from './s3-error.js'

/** First and last byte of a `Range` header, null without one. @throws S3Error 416 */
function rangeOf(header: string | undefined, size: number): { first: number; last: number } | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (!match) return null
  const suffix = match[1] === ''
  const first = suffix ? Math.max(0, size - Number(match[2])) : Number(match[1])
  const last = suffix || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1)
  if (first > last) throw new S3Error(416, 'InvalidRange')
  return { first, last }
}

/** Answers a request for one object. */
export async function answerObject(
  request: IncomingMessage,
  response: ServerResponse,
  bucket: Bucket,
  key: string,
  payloadHash: string,
): Promise<void> {
  if (request.method === 'PUT') {
    const stored = bucket.put(
      key,
      await readBody(request, payloadHash),
      request.headers['content-type'] ?? 'application/octet-stream',
    )
    response.writeHead(200, { etag: stored.etag }).end()
  } else if (request.method === 'DELETE') {
    bucket.delete(key)
    response.writeHead(204).end()
  } else if (request.method === 'GET' || request.method === 'HEAD') {
    const { body, contentType, etag, modifiedAt } = bucket.get(key)
    const range = rangeOf(request.headers.range, body.length)
    const part = range ? body.subarray(range.first, range.last + 1) : body
    response
      .writeHead(range ? 206 : 200, {
        'content-type': contentType,
        'content-length': part.length,
        etag,
        'last-modified': modifiedAt.toUTCString(),
        'accept-ranges': 'bytes',
        ...(range && { 'content-range': `bytes ${range.first}-${range.last}/${body.length}` }),
      })
      .end(request.method === 'HEAD' ? undefined : part)
  } else throw new S3Error(405, 'MethodNotAllowed')
}
