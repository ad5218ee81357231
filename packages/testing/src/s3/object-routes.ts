import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Bucket } from './bucket.js'
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

/**
 * Takes the data out of an `aws-chunked` body: chunks of `hex-size[;extension] CRLF data CRLF`, a chunk of size 0, then
 * trailers, which are ignored.
 */
function decodeChunks(body: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; ;) {
    const end = body.indexOf('\r\n', at)
    const size = end < 0 ? Number.NaN : Number.parseInt(body.toString('latin1', at, end), 16)
    if (Number.isNaN(size) || end + 2 + size > body.length) throw new S3Error(400, 'IncompleteBody')
    if (size === 0) return Buffer.concat(parts)
    parts.push(body.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
}

/** Reads the body of a request whole and checks its declared hash. */
async function readBody(request: IncomingMessage, payloadHash: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  if (payloadHash.startsWith('STREAMING-')) return decodeChunks(body)
  if (/^[0-9a-f]{64}$/.test(payloadHash) && createHash('sha256').update(body).digest('hex') !== payloadHash) {
    throw new S3Error(400, 'XAmzContentSHA256Mismatch')
  }
  return body
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
