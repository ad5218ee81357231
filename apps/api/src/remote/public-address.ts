import { lookup, type LookupAddress } from 'node:dns'
import { BlockList, isIP, type LookupFunction, type Socket } from 'node:net'

/** Another server cannot be asked, or answers with what is of no use; the message says why, and nothing of what was found. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError'
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

const refusal = (): RemoteError => new RemoteError('leads to an address that is not public')

/**
 * Looks a name up and gives the connection only addresses that it may use, so that what was checked is what is used.
 */
export const checkedLookup =
  (allows: (address: string) => boolean): LookupFunction =>
  (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, found: LookupAddress[]) => {
      if (error) return done(new RemoteError('names a host that is not known'), [])
      // one that is not public among them is no accident
      if (!found.length || !found.every(({ address }) => allows(address))) return done(refusal(), [])
      if (options.all) done(null, found)
      else done(null, found[0]!.address, found[0]!.family)
    })
  }

/** The address of a server that may be asked. @throws RemoteError */
export function checkedUrl(text: string, allows: (address: string) => boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:')
    throw new RemoteError('is no `https://`, `http://` or `data:` address')
  if (url.username || url.password) throw new RemoteError('has a name or a password in it')
  // addresses are not looked up
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) && !allows(host)) throw refusal()
  return url
}

/** Ends a connection that leads elsewhere than it should, whatever the lookup said. @param end - destroys the request */
export function checkConnected(
  socket: Socket,
  allows: (address: string) => boolean,
  end: (error: Error) => void,
): void {
  socket.once('connect', () => {
    if (!allows(socket.remoteAddress ?? '')) end(refusal())
  })
}
