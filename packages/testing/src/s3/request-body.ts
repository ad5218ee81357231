import type { IncomingMessage } from 'node:http'
import { createHash } from 'node:crypto'
import { S3Error } from './s3-error.js'

/**
 * Takes the data out of an `aws-chunked` body: chunks of `hex-size[;extension] CRLF data CRLF`, a chunk of size 0, then
 * trailers, which are ignored.
 */
export function decodeChunks(body: Buffer): Buffer {
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
export async function readBody(request: IncomingMessage, payloadHash: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  if (payloadHash.startsWith('STREAMING-')) return decodeChunks(body)
  if (/^[0-9a-f]{64}$/.test(payloadHash) && createHash('sha256').update(body).digest('hex') !== payloadHash) {
    throw new S3Error(400, 'XAmzContentSHA256Mismatch')
  }
  return body
}
