import { createHash } from 'node:crypto'
import { lookup, type LookupAddress } from 'node:dns'
import { get as getHttp, type IncomingMessage } from 'node:http'
import { get as getHttps } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** A file that another server was asked for cannot be had; the message says why, and nothing of what was found there. */
export class RemoteFileError extends Error {
  override readonly name = 'RemoteFileError'
}

/** How a file is fetched. */
export interface RemoteFileOptions {
  maxBytes: number
  /** Longest time in milliseconds, from the name to the last byte. */
  timeoutMs: number
  signal?: AbortSignal
  /** Which addresses may be connected to; default {@link isPublicAddress}. */
  allows?: (address: string) => boolean
}

const reserved = new BlockList()
// RFC 6890 and the registries that continue it: this network, private, carrier, loopback, link-local, tests, multicast
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  reserved.addSubnet(network, bits, 'ipv4')
// parts of 2000::/3 that are no hosts of the internet, or carry addresses of IPv4 inside
for (const [network, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
] as const)
  reserved.addSubnet(network, bits, 'ipv6')
const global6 = new BlockList()
global6.addSubnet('2000::', 3, 'ipv6')

/** Whether an address is one of the public internet: nothing of this machine, its networks or its cloud. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address)
  if (version === 4) return !reserved.check(address, 'ipv4')
  // all else of IPv6, addresses of IPv4 written in it among them, is refused
  return version === 6 && !address.includes('%') && global6.check(address, 'ipv6') && !reserved.check(address, 'ipv6')
}

const refusal = () => new RemoteFileError('leads to an address that is not public')

/** Looks a name up and gives the connection only addresses that it may use, so that what was checked is what is used. */
const checkedLookup =
  (allows: (address: string) => boolean): LookupFunction =>
  (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, found: LookupAddress[]) => {
      if (error) return done(new RemoteFileError('names a host that is not known'), [])
      // one that is not public among them is no accident
      if (!found.length || !found.every(({ address }) => allows(address))) return done(refusal(), [])
      if (options.all) done(null, found)
      else done(null, found[0]!.address, found[0]!.family)
    })
  }

function checkedUrl(text: string, allows: (address: string) => boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:')
    throw new RemoteFileError('is no `https://`, `http://` or `data:` address')
  if (url.username || url.password) throw new RemoteFileError('has a name or a password in it')
  // addresses are not looked up
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) && !allows(host)) throw refusal()
  return url
}

async function read(answer: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const { statusCode = 0, headers } = answer
  if (statusCode >= 300 && statusCode < 400)
    throw new RemoteFileError('answers with a redirect, which is not followed; send the address it leads to')
  if (statusCode !== 200) throw new RemoteFileError(`answers with status ${statusCode}`)
  const tooLong = () => new RemoteFileError(`has more than ${maxBytes} bytes`)
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLong()
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes) throw tooLong()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/**
 * Fetches a file from a public server: addresses are checked where the connection is made, redirects are not followed,
 * time and size are bounded, and nothing of this server's own goes along.
 *
 * @throws RemoteFileError
 */
export async function fetchRemoteFile(
  address: string,
  { maxBytes, timeoutMs, signal, allows = isPublicAddress }: RemoteFileOptions,
): Promise<{ bytes: Buffer; sha256: string }> {
  const url = checkedUrl(address, allows)
  const late = AbortSignal.timeout(timeoutMs)
  const options = {
    agent: false as const,
    lookup: checkedLookup(allows),
    signal: signal ? AbortSignal.any([late, signal]) : late,
    headers: { accept: 'image/png, image/jpeg, image/webp', 'user-agent': 'Atelier' },
  }
  let answer: IncomingMessage | undefined
  try {
    answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = (url.protocol === 'https:' ? getHttps : getHttp)(url, options, resolve)
      request.on('error', reject)
      request.on('socket', (socket) =>
        socket.once('connect', () => {
          if (!allows(socket.remoteAddress ?? '')) request.destroy(refusal())
        }),
      )
    })
    const bytes = await read(answer, maxBytes)
    return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
  } catch (error) {
    if (error instanceof RemoteFileError) throw error
    if (late.aborted) throw new RemoteFileError(`did not answer within ${Math.round(timeoutMs / 100) / 10} seconds`)
    throw new RemoteFileError('could not be fetched', { cause: error })
  } finally {
    answer?.destroy()
  }
}
