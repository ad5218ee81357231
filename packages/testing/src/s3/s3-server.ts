import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Bucket } from './bucket.js'
import { answerObject } from './object-routes.js'
import { S3Error } from './s3-error.js'
import { checkSignature, type S3Credentials } from './signature-check.js'
import { element, xmlDocument } from './xml.js'

/** Options of {@link startS3Server}. */
export interface S3ServerOptions {
  credentials?: S3Credentials
  /** Most objects in one page of a list, default 1000 as S3's. */
  pageSize?: number
  /** Makes a bucket when it is first named; default: only `createBucket` and the protocol's own call make one. */
  anyBucket?: boolean
  /** Called before every request; a returned status is answered instead (for faults). */
  intercept?: (request: IncomingMessage) => number | undefined
}

/** A running server. */
export interface S3Server {
  endpoint: string
  credentials: S3Credentials
  /** Makes an empty bucket. */
  createBucket(name: string): void
  stop(): Promise<void>
}

/**
 * Starts a server that speaks as much of S3's protocol as an object store needs, on a free port of the loopback, with
 * buckets in memory: put (also `aws-chunked`), get with ranges, head, delete, list in pages, create and head of buckets;
 * signatures in headers and presigned URLs are checked.
 */
export async function startS3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const {
    credentials = { accessKeyId: 'test-key', secretAccessKey: 'test-secret' },
    pageSize = 1000,
    anyBucket = false,
    intercept,
  } = options
  const buckets = new Map<string, Bucket>()

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const fault = intercept?.(request)
    if (fault) throw new S3Error(fault, fault === 503 ? 'SlowDown' : 'InternalError')
    const payloadHash = checkSignature(request, url, credentials)
    const [name = '', ...rest] = url.pathname.slice(1).split('/').map(decodeURIComponent)
    const key = rest.join('/')
    if (anyBucket || (!key && request.method === 'PUT')) buckets.set(name, buckets.get(name) ?? new Bucket())
    if (!key && request.method === 'PUT') {
      response.writeHead(200).end()
      return
    }
    const bucket = buckets.get(name)
    if (!bucket) throw new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist.')
    if (key) await answerObject(request, response, bucket, key, payloadHash)
    else if (request.method === 'HEAD') response.writeHead(200).end()
    else response.writeHead(200, { 'content-type': 'application/xml' }).end(bucket.list(url.searchParams, pageSize))
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const { status, code, message } =
        error instanceof S3Error ? error : new S3Error(500, 'InternalError', String(error))
      request.resume()
      response.writeHead(status, { 'content-type': 'application/xml' })
      response.end(
        request.method === 'HEAD'
          ? undefined
          : xmlDocument(element('Error', [element('Code', code), element('Message', message)])),
      )
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials,
    createBucket: (name) => void buckets.set(name, new Bucket()),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
