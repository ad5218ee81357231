import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { S3Error } from './s3-error.js'

/** A pair of keys that may use the server. */
export interface S3Credentials {
  accessKeyId: string
  secretAccessKey: string
}

interface Claim {
  credential: string
  signedHeaders: string
  signature: string
  date: string
  payloadHash: string
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
/** RFC 3986 encoding, as signatures want it: everything but letters, digits, `-._~`. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

/** Milliseconds since 1970 of a date such as `20260102T030405Z`. */
const dateOf = (date: string): number =>
  Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))

function claimOfHeader(request: IncomingMessage): Claim | null {
  const match = /^AWS4-HMAC-SHA256 Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=(\w+)$/.exec(
    request.headers.authorization ?? '',
  )
  if (!match) return null
  return {
    credential: match[1]!,
    signedHeaders: match[2]!,
    signature: match[3]!,
    date: String(request.headers['x-amz-date']),
    payloadHash: String(request.headers['x-amz-content-sha256']),
  }
}

function claimOfQuery(query: URLSearchParams): Claim | null {
  const signature = query.get('X-Amz-Signature')
  if (!signature) return null
  const date = query.get('X-Amz-Date') ?? ''
  if (!(Date.now() <= dateOf(date) + Number(query.get('X-Amz-Expires')) * 1000))
    throw new S3Error(403, 'AccessDenied', 'Request has expired')
  return {
    credential: query.get('X-Amz-Credential') ?? '',
    signedHeaders: query.get('X-Amz-SignedHeaders') ?? '',
    signature,
    date,
    payloadHash: 'UNSIGNED-PAYLOAD',
  }
}

/**
 * Checks the version-4 signature of a request, in its header or its presigned URL. Returns the declared payload hash.
 *
 * @throws S3Error 403 when there is none, it is expired, of another key or wrong
 */
export function checkSignature(request: IncomingMessage, url: URL, credentials: S3Credentials): string {
  const claim = claimOfHeader(request) ?? claimOfQuery(url.searchParams)
  if (!claim) throw new S3Error(403, 'AccessDenied', 'Anonymous access is forbidden')
  const [id, day = '', region = '', service = ''] = claim.credential.split('/')
  if (id !== credentials.accessKeyId) throw new S3Error(403, 'InvalidAccessKeyId')
  const path = url.pathname
    .split('/')
    .map((part) => encode(decodeURIComponent(part)))
    .join('/')
  const query = [...url.searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&')
  const headers = claim.signedHeaders
    .split(';')
    .map(
      (name) =>
        `${name}:${String(request.headers[name] ?? '')
          .trim()
          .replace(/\s+/g, ' ')}\n`,
    )
    .join('')
  const canonical = [request.method, path, query, headers, claim.signedHeaders, claim.payloadHash].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    (secret, text) => hmac(secret, text),
    `AWS4${credentials.secretAccessKey}`,
  )
  const wanted = hmac(key, ['AWS4-HMAC-SHA256', claim.date, scope, sha256(canonical)].join('\n'))
  const given = Buffer.from(claim.signature, 'hex')
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw new S3Error(403, 'SignatureDoesNotMatch')
  return claim.payloadHash
}
