import { isIPv6 } from 'node:net'
import { AtelierError } from '@atelier/contracts'
import { LRUCache } from 'lru-cache'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'

const minute = 60
const mostKnown = 10_000
const knownMs = 3_600_000

/** One address of IPv4, or the network of 64 bits that one customer has in IPv6. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped) return mapped
  if (!isIPv6(address)) return address
  const [head = '', tail = ''] = address.split('%')[0]!.split('::')
  const front = head.split(':').filter(Boolean)
  const back = tail.split(':').filter(Boolean)
  const zeros = Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0')
  const groups = address.includes('::') ? [...front, ...zeros, ...back] : front
  return `${groups
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}

/**
 * Limits what an address may do without a valid key: requests a minute of open routes, as many handshakes that do not sign in,
 * and failed sign-ins a minute. In this process; 0 = no limit. Tokens that held within the last hour are let through, so that
 * nobody behind the same proxy or address is locked out by another's failures.
 */
export class AddressLimits {
  private readonly anonymous: RateLimiterMemory | undefined
  private readonly handshakes: RateLimiterMemory | undefined
  private readonly failures: RateLimiterMemory | undefined
  private readonly known = new LRUCache<string, true>({ max: mostKnown, ttl: knownMs })

  constructor({
    anonymousPerMinute,
    failedSignInsPerMinute,
  }: {
    anonymousPerMinute: number
    failedSignInsPerMinute: number
  }) {
    const limiter = (points: number) => (points ? new RateLimiterMemory({ points, duration: minute }) : undefined)
    this.anonymous = limiter(anonymousPerMinute)
    this.handshakes = limiter(anonymousPerMinute)
    this.failures = limiter(failedSignInsPerMinute)
  }

  /** Counts a request without key. @throws AtelierError `rate_limited` */
  async countAnonymous(address: string): Promise<void> {
    await this.anonymous?.consume(networkOf(address)).catch((refused: RateLimiterRes) => {
      throw tooMany('Too many requests without a key have come from this address.', refused)
    })
  }

  /** Counts a handshake of Socket.IO, which brings its key later. @throws AtelierError `rate_limited` */
  async countHandshake(address: string): Promise<void> {
    await this.handshakes?.consume(networkOf(address)).catch((refused: RateLimiterRes) => {
      throw tooMany('Too many connections from this address have not signed in.', refused)
    })
  }

  /** Takes one back: its connection has signed in. */
  async uncountHandshake(address: string): Promise<void> {
    await this.handshakes?.reward(networkOf(address))
  }

  /** @throws AtelierError `rate_limited` when too many sign-ins from the address have failed, unless the token held lately */
  async checkFailures(address: string, tokenHash: string): Promise<void> {
    if (!this.failures || this.known.has(tokenHash)) return
    const counted = await this.failures.get(networkOf(address))
    if (counted && counted.consumedPoints >= this.failures.points)
      throw tooMany('Too many sign-ins from this address have failed.', counted)
  }

  /** Counts a failed sign-in. */
  async countFailure(address: string, tokenHash?: string): Promise<void> {
    if (tokenHash) this.known.delete(tokenHash)
    await this.failures?.consume(networkOf(address)).catch(() => {})
  }

  /** Remembers a token that held. */
  succeeded(tokenHash: string): void {
    this.known.set(tokenHash, true)
  }
}

const tooMany = (message: string, { msBeforeNext }: RateLimiterRes): AtelierError =>
  new AtelierError('rate_limited', message, { retryAfterSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)) })
